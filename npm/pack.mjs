// Packs the npm packages: one for each platform with its program, and the one that users install.
//
//     node npm/pack.mjs OUT SHARE PLATFORM=PROGRAM...
//
// OUT is the folder for the tarballs, SHARE the folder with `man/` and `completions/`, PLATFORM such as linux-x64.
// The version is that of npm/tokensweep/package.json. A platform that is not named is not packed.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const documents = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];
const main = JSON.parse(readFileSync(join(here, "tokensweep/package.json"), "utf8"));

/** Packs a folder with the documents into `out`. */
function packFolder(folder, out) {
  for (const name of documents) {
    cpSync(join(here, "..", name), join(folder, name));
  }
  // The names that npm prints are those of the files in `out`.
  execFileSync("npm", ["pack", "--silent", "--pack-destination", resolve(out)], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

/** Writes the package of one platform into `folder`. */
function writePlatform(folder, platform, program) {
  const name = `@tokensweep/cli-${platform}`;
  if (main.optionalDependencies[name] === undefined) {
    throw new Error(`${name} is no optional dependency in npm/tokensweep/package.json`);
  }
  const [os, cpu] = platform.split("-");
  const { version, license, engines, repository, publishConfig } = main;
  const description = `The program of tokensweep for ${os} on ${cpu}`;
  const manifest = { name, version, description, license, repository, engines, publishConfig };
  mkdirSync(folder);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ ...manifest, os: [os], cpu: [cpu], files: ["tokensweep", ...documents] }, null, 2),
  );
  cpSync(program, join(folder, "tokensweep"));
  chmodSync(join(folder, "tokensweep"), 0o755);
}

const [out, share, ...programs] = process.argv.slice(2);
if (programs.length === 0) {
  console.error("usage: node npm/pack.mjs OUT SHARE PLATFORM=PROGRAM...");
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), "tokensweep-npm-"));
try {
  for (const entry of programs) {
    const at = entry.indexOf("=");
    const [platform, program] = [entry.slice(0, at), entry.slice(at + 1)];
    const folder = join(scratch, platform);
    writePlatform(folder, platform, program);
    packFolder(folder, out);
  }
  const folder = join(scratch, "tokensweep");
  cpSync(join(here, "tokensweep"), folder, { recursive: true });
  for (const part of ["man", "completions"]) {
    cpSync(join(share, part), join(folder, part), { recursive: true });
  }
  const man = readdirSync(join(folder, "man/man1"), { encoding: "utf8" }).map((page) => `man/man1/${page}`);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...main, man }, null, 2));
  packFolder(folder, out);
} finally {
  rmSync(scratch, { recursive: true });
}
