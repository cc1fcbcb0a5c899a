//! Logs in the format of common programs, for `filter.py`. Each kind is a few lines with gaps, which are filled with
//! random values, the same on every machine.

use tokensweep::internals::token::Mint;

/// Names of the kinds of log, and their lines. A gap is `{hex:32}`, `{HEX:10}`, `{digits:6}`, `{base62:20}`,
/// `{base64:400}` (characters), `{percent:12}` (words with escapes between them), `{below:500}`, `{uuid}`, `{time}`,
/// `{word}` or `{words:5}`.
pub(crate) const KINDS: [(&str, &[&str]); 20] = [
    (
        "request-ids",
        &[
            "2026-11-22T{time}.{digits:3}Z INFO  [http-nio-8080-exec-{below:200}] c.a.api.RequestLog - request_id={hex:32} method=GET path=/api/v1/orders/{below:999999} status=200 duration_ms={below:900}",
            "2026-11-22T{time}.{digits:3}Z WARN  [http-nio-8080-exec-{below:200}] c.a.api.RequestLog - request_id={hex:32} {words:6}",
        ],
    ),
    (
        "lone-ids",
        &[
            "{time} INFO {words:4} id={hex:32}",
            "{time} DEBUG session={digits:24} {words:3}",
            "{time} INFO {words:2} order={HEX:24}",
        ],
    ),
    (
        "nginx-access",
        &[
            "10.{below:255}.{below:255}.{below:255} - - [22/Nov/2026:{time} +0000] \"GET /search?q={percent:4}&page={below:90}&sort=price%3Aasc&utm_source=news%20letter HTTP/1.1\" 200 {below:90000} \"https://shop.example.com/{word}/{word}?ref={base62:22}\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\"",
            "10.{below:255}.{below:255}.{below:255} - {word} [22/Nov/2026:{time} +0000] \"GET /static/js/{word}.{hex:20}.chunk.js HTTP/2.0\" 304 0 \"-\" \"curl/8.5.0\"",
            "10.{below:255}.{below:255}.{below:255} - - [22/Nov/2026:{time} +0000] \"GET /login?next=%2Faccount%2Forders%3Fid%3D{below:99999}&state={hex:32} HTTP/1.1\" 302 0 \"-\" \"okhttp/4.12.0\"",
        ],
    ),
    (
        "json",
        &[
            "{\"time\":\"2026-11-22T{time}.{digits:6}Z\",\"level\":\"info\",\"logger\":\"api\",\"msg\":\"{words:5}\",\"trace_id\":\"{hex:32}\",\"span_id\":\"{hex:16}\",\"user\":\"jos\\u00e9\",\"path\":\"\\/api\\/v1\\/{word}\",\"took_ms\":{below:900}}",
            "{\"time\":\"2026-11-22T{time}.{digits:6}Z\",\"level\":\"error\",\"logger\":\"api\",\"msg\":\"cannot parse {\\\"{word}\\\":\\\"{hex:24}\\\",\\\"{word}\\\":{below:99}}\\n\\tat {word}.{word}\",\"trace_id\":\"{hex:32}\"}",
        ],
    ),
    (
        "json-in-json",
        &[
            "{\"stream\":\"stdout\",\"log\":\"{\\\"ts\\\":\\\"2026-11-22T{time}Z\\\",\\\"caller\\\":\\\"{word}/{word}.go:{below:900}\\\",\\\"requestId\\\":\\\"{hex:32}\\\",\\\"msg\\\":\\\"{words:6}\\\"}\\n\",\"time\":\"2026-11-22T{time}.{digits:9}Z\"}",
        ],
    ),
    (
        "logfmt",
        &[
            "level=info ts=2026-11-22T{time}.{digits:3}Z caller={word}.go:{below:900} component={word} trace_id={hex:32} span_id={hex:16} duration={below:90}ms msg=\"{words:5}\"",
            "level=warn ts=2026-11-22T{time}.{digits:3}Z caller={word}.go:{below:900} tenant={digits:20} ulid=01{base62:24} err=\"{words:3}: context deadline exceeded\"",
        ],
    ),
    (
        "syslog",
        &[
            "Nov 22 {time} web-{below:40} sshd[{below:32000}]: Accepted publickey for {word} from 10.0.{below:255}.{below:255} port {below:60000} ssh2: ED25519 SHA256:{base64:43}",
            "Nov 22 {time} web-{below:40} systemd[1]: Started {words:3}.",
            "Nov 22 {time} mail postfix/qmgr[{below:32000}]: {HEX:10}: from=<{word}@example.com>, size={below:90000}, nrcpt=1 (queue active)",
            "Nov 22 {time} web-{below:40} kernel: [{digits:7}.{digits:6}] {word} {word}: IN=eth0 OUT= MAC=52:54:00:{hex:2}:{hex:2}:{hex:2} SRC=10.0.0.{below:255} DST=10.0.1.{below:255} LEN=60 TTL=64 ID={below:60000} PROTO=TCP",
        ],
    ),
    (
        "audit",
        &[
            "type=SYSCALL msg=audit(17954{digits:5}.{digits:3}:{digits:6}): arch=c000003e syscall=59 success=yes exit=0 a0={hex:12} a1={hex:12} items=2 ppid={below:32000} pid={below:32000} auid=1000 uid=0 gid=0 tty=pts0 ses={below:99} comm=\"{word}\" exe=\"/usr/bin/{word}\" key=(null)",
            "type=PROCTITLE msg=audit(17954{digits:5}.{digits:3}:{digits:6}): proctitle=2F7573722F62696E2F{HEX:24}00{HEX:40}",
            "type=CWD msg=audit(17954{digits:5}.{digits:3}:{digits:6}): cwd=\"/home/{word}/{word}\"",
        ],
    ),
    (
        "kubernetes",
        &[
            "2026-11-22T{time}.{digits:9}Z stderr F I1122 {time}.{digits:6}       1 controller.go:{below:900}] \"{words:4}\" pod=\"{word}/{word}-{hex:10}-{base62:5}\" uid=\"{uuid}\" containerID=\"containerd://{hex:64}\"",
            "2026-11-22T{time}.{digits:9}Z stdout F {\"severity\":\"INFO\",\"message\":\"{words:5}\",\"logging.googleapis.com/trace\":\"projects/{word}/traces/{hex:32}\"}",
            "2026-11-22T{time}.{digits:9}Z stderr F W1122 {time}.{digits:6}       1 reflector.go:{below:900}] pkg/mod/k8s.io/client-go@v0.31.0/tools/cache/reflector.go:243: watch of *v1.ConfigMap ended with: {words:6}",
        ],
    ),
    (
        "java",
        &[
            "2026-11-22 {time},{digits:3} ERROR [{word}-pool-{below:90}] com.example.{word}.{word}Service - {words:5}",
            "java.lang.IllegalStateException: {words:4}",
            "\tat org.springframework.web.servlet.FrameworkServlet.processRequest(FrameworkServlet.java:{below:1500})",
            "\tat com.example.{word}.{word}.AbstractAuthenticationTokenFactoryBean$$EnhancerBySpringCGLIB$${hex:8}.{word}(<generated>)",
            "\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)",
            "\t... {below:90} common frames omitted",
        ],
    ),
    (
        "ansi-ci",
        &[
            "2026-11-22T{time}.{digits:7}Z \x1b[32m✓\x1b[0m \x1b[90m{words:5}\x1b[39m \x1b[33m({below:900} ms)\x1b[0m",
            "2026-11-22T{time}.{digits:7}Z \x1b[36;1m{word} run {word} --{word}={word}\x1b[0m",
            "2026-11-22T{time}.{digits:7}Z \x1b[1m\x1b[31merror\x1b[39m\x1b[22m\x1b[1m: {words:4}\x1b[0m \x1b[38;5;12m--> \x1b[0msrc/{word}/{word}.rs:{below:900}:{below:80}",
            "2026-11-22T{time}.{digits:7}Z \x1b[1m\x1b[32m   Compiling\x1b[0m {word}-{word} v0.{below:90}.{below:9} (/home/runner/work/{word}/{word})",
            "2026-11-22T{time}.{digits:7}Z \x1b[33m{hex:40}\x1b[0m \x1b[34mHEAD\x1b[0m {words:3}",
        ],
    ),
    (
        "commits",
        &[
            "commit {hex:40}",
            "2026-11-22T{time}.{digits:7}Z HEAD is now at {hex:7} {words:5}",
            " * [new ref]         {hex:40} -> origin/{word}",
            "2026-11-22T{time}.{digits:7}Z ##[command]/usr/bin/git checkout --progress --force {hex:40}",
            "{hex:40}\trefs/heads/{word}-{word}",
            "Download action repository 'actions/checkout@{hex:40}' (SHA:{hex:40})",
        ],
    ),
    (
        "uuids",
        &[
            "2026-11-22 {time}.{digits:3} [{uuid}] INFO  job={uuid} tenant={uuid} {words:3}",
            "2026-11-22 {time}.{digits:3} [{uuid}] INFO  GET /v2/{word}/{uuid}/items/{uuid} 200",
        ],
    ),
    (
        "base64",
        &[
            "2026-11-22 {time} DEBUG payload={base64:400}== {words:2}",
            "2026-11-22 {time} DEBUG authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.{base62:180}.{base62:342}",
            "2026-11-22 {time} INFO {words:8}",
        ],
    ),
    (
        "form",
        &[
            "{time} POST body: grant_type=authorization_code&client_id={base62:20}&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&scope=read%3Auser%20{word}&nonce={hex:24}&code={base62:30}",
            "{time} POST body: name={percent:3}&street={percent:4}&total={below:900}%2C{digits:2}+%E2%82%AC&sig={base64:24}%2B{base64:18}%3D&ts={digits:13}",
        ],
    ),
    (
        "html",
        &[
            "[{time}] &lt;testcase name=&quot;{words:3}&quot; classname=&quot;com.example.{word}.{word}&quot; time=&quot;0.{digits:3}&quot;/&gt;",
            "<span class=\"timestamp\"><b>{time}</b> </span>{words:6} &amp; {word} <a href=\"/job/{word}/{below:900}/console?id={hex:24}&amp;full\">{word}</a>",
            "<span style=\"color: #00CD00;\">[INFO]</span> Downloaded from central: https://repo.example.com/maven2/com/{word}/{word}/{word}-configuration-processor-{below:9}.{below:90}.jar ({below:900} kB at 1.2 MB/s)",
        ],
    ),
    (
        "docker",
        &[
            "#{below:90} sha256:{hex:64} {below:90}.{digits:2}MB / 99.{digits:2}MB {below:90}.{digits:1}s",
            "{hex:12}: Pull complete",
            "Digest: sha256:{hex:64}",
            "#{below:90} [build {below:9}/9] RUN {words:5}",
        ],
    ),
    (
        "npm-go-sum",
        &[
            "npm http fetch GET 200 https://registry.npmjs.org/{word}/-/{word}-{below:9}.{below:90}.tgz {below:900}ms (cache miss) sha512-{base64:86}==",
            "go: downloading github.com/{word}/{word} v0.{below:90}.0-2026112{below:9}120000-{hex:12} h1:{base64:43}=",
            "verified {word}-{below:9}.{below:90}.crate {hex:64}",
        ],
    ),
    (
        "windows-paths",
        &[
            "{time} Info: Copying C:\\Users\\{word}\\AppData\\Local\\{word}\\node_modules\\{word}\\new\\{word}_configuration_provider.dll",
            "{time} {\"file\":\"C:\\\\build\\\\temp\\\\{hex:32}\\\\release\\\\x64\\\\{word}.obj\",\"u\":\"\\\\\\\\srv\\\\share\\\\u{hex:24}\"}",
        ],
    ),
    (
        "minified-json",
        &[
            "{\"Records\":[{\"eventID\":\"{uuid}\",\"userIdentity\":{\"arn\":\"arn:aws:sts::{digits:12}:assumed-role/{word}/i-{hex:17}\",\"accessKeyId\":\"ASIA{HEX:16}\",\"sessionContext\":{\"principalId\":\"AROA{HEX:17}:{word}\"}},\"eventTime\":\"2026-11-22T{time}Z\",\"userAgent\":\"aws-cli/2.19 md/awscrt#0.22 ua/2.0 os/linux#6.1 lang/python#3.12\",\"requestParameters\":{\"key\":\"{word}/{word}/{hex:32}.parquet\",\"x-id\":\"{base62:28}\"}}]} ",
        ],
    ),
];

/// Returns about `len` bytes of a kind of log.
pub(crate) fn text(kind: &str, len: usize) -> Vec<u8> {
    let mut mint = Mint::new(77);
    let Some((_, lines)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        panic!("there is no log {kind}; there are {}", names.join(" "));
    };
    let mut out = Vec::with_capacity(len + 4096);
    while out.len() < len {
        let line = lines[mint.random_below(lines.len())];
        fill(line, &mut mint, &mut out);
        // The last kind is one line.
        if !line.ends_with(' ') {
            out.push(b'\n');
        }
    }
    out
}

/// Appends `line` with its gaps filled. A brace that opens no gap is copied.
fn fill(line: &str, mint: &mut Mint, out: &mut Vec<u8>) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        out.extend(before.as_bytes());
        let gap = after.split_once('}');
        let filled = gap.filter(|(gap, _)| fill_gap(gap, mint, out));
        rest = filled.map_or_else(
            || {
                out.push(b'{');
                after
            },
            |(_, behind)| behind,
        );
    }
    out.extend(rest.as_bytes());
}

const WORDS: [&str; 32] = [
    "socket", "cache", "request", "client", "worker", "queue", "timeout", "payment", "order",
    "retry", "upload", "index", "section", "reload", "config", "handler", "timer", "metrics",
    "database", "primary", "replica", "lock", "merge", "batch", "stream", "segment", "build",
    "deploy", "image", "volume", "node", "lease",
];

/// Appends the value of `gap`. Returns true if it is a gap.
fn fill_gap(gap: &str, mint: &mut Mint, out: &mut Vec<u8>) -> bool {
    let (kind, len) = gap.split_once(':').unwrap_or((gap, "1"));
    let Ok(len) = len.parse() else {
        return false;
    };
    match kind {
        "hex" => out.extend(mint.hex(len)),
        "HEX" => out.extend(mint.text(b"0123456789ABCDEF", len)),
        "digits" => out.extend(mint.text(b"0123456789", len)),
        "base62" => out.extend(mint.random_base62(len)),
        "base64" => {
            let bytes = mint.random_bytes(len.div_ceil(4) * 3);
            let encoded = data_encoding::BASE64.encode(&bytes);
            out.extend(&encoded.as_bytes()[..len]);
        }
        "below" => out.extend(mint.random_below(len).to_string().as_bytes()),
        "uuid" => {
            for (index, len) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                out.extend(&b"-"[..usize::from(index > 0)]);
                out.extend(mint.hex(len));
            }
        }
        "time" => {
            let [h, m, s] = [24, 60, 60].map(|limit| mint.random_below(limit));
            out.extend(format!("{h:02}:{m:02}:{s:02}").as_bytes());
        }
        "word" | "words" | "percent" => {
            let between = if kind == "percent" { "%20" } else { " " };
            let words: Vec<&str> = (0..len)
                .map(|_| WORDS[mint.random_below(WORDS.len())])
                .collect();
            out.extend(words.join(between).as_bytes());
        }
        _ => return false,
    }
    true
}
