#!/usr/bin/env node
// Runs the program of the package for this platform. npm installs only that one of the optional dependencies.
// TOKENSWEEP_BINARY names another program to run.
"use strict";

const { spawnSync } = require("node:child_process");

/** Exit code of the program for trouble: nothing was scanned. */
const TROUBLE = 2;

/** Returns the path of the program. Throws an error if no package has one for this platform. */
function findProgram() {
  if (process.env.TOKENSWEEP_BINARY) {
    return process.env.TOKENSWEEP_BINARY;
  }
  const { platform, arch } = process;
  const name = `@tokensweep/cli-${platform}-${arch}`;
  const { optionalDependencies } = require("../package.json");
  if (!(name in optionalDependencies)) {
    throw new Error(`there is no package for ${platform} on ${arch}; build the program with cargo install`);
  }
  try {
    return require.resolve(`${name}/tokensweep`);
  } catch {
    throw new Error(`${name} is not installed; install tokensweep without omitting optional dependencies`);
  }
}

/** Sentences for errors of a start that are likely. */
const REASONS = {
  ENOENT: "there is no such file",
  EACCES: "it is not an executable file",
};

/** Runs the program with the arguments of this process. Returns its exit code. */
function runProgram(program) {
  const run = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
  if (run.error) {
    throw new Error(`cannot run ${program}: ${REASONS[run.error.code] ?? run.error.message}`);
  }
  if (run.signal) {
    // Ends this process by the signal that ended the program, so that a shell sees the same.
    process.kill(process.pid, run.signal);
  }
  return run.status ?? TROUBLE;
}

try {
  process.exitCode = runProgram(findProgram());
} catch (error) {
  console.error(`tokensweep: ${error.message}`);
  process.exitCode = TROUBLE;
}
