//! Examples of what the readers of this folder understand, one row for each syntax.

#![cfg(test)]

use super::*;
use crate::token::Mint;

/// Returns the slot of `H` in `text`, with the text of its key and of its host.
fn slot(text: &str) -> (SlotKind, String, String) {
    let value = String::from_utf8(Mint::new(7).hex(40)).unwrap();
    let start = text.find("<H>").unwrap();
    let text = text.replacen("<H>", &value, 1);
    let slot = read(text.as_bytes(), &(start..start + 40));
    (
        slot.kind,
        text[slot.key].to_owned(),
        text[slot.host].to_owned(),
    )
}

fn key(text: &str) -> String {
    slot(text).1
}

#[test]
fn user_info_of_urls() {
    for text in [
        "https://<H>@github.com/o/r.git",
        "https://<H>:x-oauth-basic@github.com/o/r.git",
        "url = https://octocat:<H>@github.com/o/r.git",
        "https&#58;&#47;&#47;<H>:x-oauth-basic&#64;github.com/o/r",
    ] {
        let (kind, _, host) = slot(text);
        assert_eq!((kind, &*host), (SlotKind::UrlUser, "github.com"), "{text}");
    }
    assert_eq!(
        slot("curl -u <H>:x-oauth-basic https://x").0,
        SlotKind::BasicUser
    );
    assert_eq!(slot("curl -u octocat:<H> https://x").0, SlotKind::BasicUser);
}

#[test]
fn assignments_in_many_languages() {
    for (text, want) in [
        ("export GITHUB_TOKEN=<H>", "GITHUB_TOKEN"),
        ("GITHUB_TOKEN='<H>'", "GITHUB_TOKEN"),
        ("  token: <H>\r\n", "token"),
        ("{\"token\":\"<H>\"}", "token"),
        ("{\\\"token\\\": \\\"<H>\\\"}", "token"),
        (":access_token => \"<H>\"", ":access_token"),
        (
            "os.environ[\"GH_TOKEN\"] = \"<H>\"",
            "os.environ[\"GH_TOKEN\"]",
        ),
        ("const token: &str = \"<H>\"", "token: &str"),
        ("<accessToken><H></accessToken>", "accessToken"),
        ("<add key=\"GitHubToken\" value=\"<H>\" />", "GitHubToken"),
        ("{\"key\":\"password\",\"value\":\"<H>\"}", "password"),
        (
            "<key>GitHubAccessToken</key>\n  <string><H></string>",
            "GitHubAccessToken",
        ),
        ("curl --token=<H>", "--token"),
        ("setenv(\"GH_TOKEN\", \"<H>\")", "GH_TOKEN"),
        ("\"GitHub Token\" : \"<H>\"", "GitHub Token"),
        ("TOKENS = ['<H>', 'x']", "TOKENS"),
        ("a:1:{s:8:\"gh_token\";s:40:\"<H>\";}", "gh_token"),
        ("'a:1:{s:8:\\\"gh_token\\\";s:40:\\\"<H>\\\";}'", "gh_token"),
        (
            "env:\n- value: 1\n  name: sha\n- value: <H>\n  name: GH_TOKEN\n",
            "GH_TOKEN",
        ),
        (
            "env:\n- name: sha\n  value: 1\n- name: GH_TOKEN\n  value: <H>\n",
            "GH_TOKEN",
        ),
        (
            "put --value \"<H>\" --name ci/token --overwrite",
            "ci/token",
        ),
        ("my $token = q{<H>};", "$token"),
        ("@token = %q[<H>]", "@token"),
        (
            "t = getenv(\"GITHUB_TOKEN\").valueOr(\"<H>\")",
            "GITHUB_TOKEN",
        ),
        ("令牌：<H>", "令牌"),
        ("{:oauth-token \"<H>\" :page 1}", ":oauth-token"),
        (
            "<Key>Password</Key><Value Hidden=\"True\"><H></Value>",
            "Password",
        ),
        ("user, tok = \"bot\", \"<H>\"", "tok"),
        ("tok, sha = f(\"a\", 1), \"<H>\"", "sha"),
        ("my ($u, $t) = qw(bot <H>);", "t"),
        ("read -r u tok <<< \"bot <H>\"", "tok"),
        ("$ cat ~/github/bot.txt\n<H>", "cat ~/github/bot"),
        ("printf '%s' '<H>' >> etc/gh_token.txt", "gh_token"),
        (
            "~$ pass show ci/github | cat\n<H>\n",
            "pass show ci/github ",
        ),
    ] {
        assert_eq!(key(text), want, "{text}");
    }
}

#[test]
fn names_that_stand_further_off() {
    for (text, want) in [
        ("let(:gh_token) { \"<H>\" }", "gh_token"),
        ("let(:gh_token) do\n  \"<H>\"\nend", "gh_token"),
        ("allow(a).to receive(:tok).and_return(\"<H>\")", "tok"),
        ("when(a.token()).thenReturn(\"<H>\");", "a.token"),
        ("spyOn(store, 'tok').mockReturnValue('<H>')", "tok"),
        ("TOKENS = \"\"\"\n<H>\n\"\"\"", "TOKENS"),
        ("T=$(cat <<EOF\n<H>\nEOF\n)", "T"),
        ("String tok() => \"<H>\";", "tok"),
        ("Password of (the bot): <H>", "Password of"),
        ("Le jeton de l'équipe : <H>", "Le jeton de l'équipe"),
        ("the token of our bot is <H>", "the token of our bot is"),
        ("Ask for it. Our token is\n<H> for now", "Our token is"),
    ] {
        assert_eq!(key(text), want, "{text}");
    }
    for text in [
        "The answer:\n<H>  (not for long)\n",
        "12:01 <a> the token?\n12:02 <b> here you go: <H>\n",
        "Which one?\n\nHere it is: <H>",
        "The rest is\n<H>\n",
    ] {
        assert_eq!(slot(text).0, SlotKind::Alone, "{text}");
    }
    assert_eq!(slot("-H 'X-Auth-Token: <H>'").0, SlotKind::Header);
    assert_eq!(slot("x%3D--<H>; path=/").0, SlotKind::Glued);
    assert_ne!(slot("core:<H>@aar").0, SlotKind::UrlUser);
}

#[test]
fn what_is_done_with_a_value_tells_its_place() {
    for (text, kind, name) in [
        (">>>>>>> <H>\n", SlotKind::Cited, ""),
        ("||||||| <H>\n", SlotKind::Cited, ""),
        (
            "expect \"Password:\"\nsend \"<H>\\r\"",
            SlotKind::Assigned,
            "Password:",
        ),
        (
            "expect 'Token'\nsend -- '<H>\\r'",
            SlotKind::Assigned,
            "Token",
        ),
        (
            "c.expect('Password')\nc.sendline('<H>')",
            SlotKind::Assigned,
            "Password",
        ),
        (
            "ls\nsend \"git checkout <H>\\r\"",
            SlotKind::Follows,
            "checkout",
        ),
        (
            "$s = \"<H>\" | ConvertTo-SecureString",
            SlotKind::Assigned,
            "ConvertTo-SecureString",
        ),
        (
            "ConvertTo-SecureString -String '<H>' -Force",
            SlotKind::Follows,
            "ConvertTo-SecureString",
        ),
        (
            "{\"user\": \"ann\", \"text\": \"<H>\"}",
            SlotKind::Alone,
            "",
        ),
        (
            "{\"mode\": \"ann\", \"body\": \"<H>\"}",
            SlotKind::Assigned,
            "body",
        ),
        (
            "  statusesFor \"o\"\n   \"r\" \"<H>\" All",
            SlotKind::Argument,
            "statusesFor",
        ),
        ("encode64(\"ann:<H>\")", SlotKind::BasicUser, ""),
        ("UTF8.GetBytes(\":<H>\")", SlotKind::BasicUser, ""),
        ("the old key (<H>) is for GitHub", SlotKind::Follows, ""),
        (
            "bundle config github.com ann:<H>",
            SlotKind::BasicUser,
            "github.com",
        ),
        (
            "Set(\"Authorization\", fmt.Sprintf(\"token <H>",
            SlotKind::AuthHeader,
            "\"Authorization",
        ),
    ] {
        let (found, key, _) = slot(text);
        assert_eq!(
            (found, key.trim_matches('"')),
            (kind, name.trim_matches('"')),
            "{text}"
        );
    }
}

#[test]
fn no_text_around_a_value_is_too_odd_to_read() {
    const PARTS: [&str; 40] = [
        "(",
        ")",
        "()",
        "{ ",
        " }",
        "[",
        "]",
        "<<EOF",
        "\n",
        "\"",
        "'",
        "`",
        "\"\"\"",
        " do",
        "=>",
        "= ",
        ":",
        ", ",
        ";",
        "#",
        "//",
        "--",
        "@",
        "|",
        "is ",
        "receive",
        ".and_return",
        "let",
        "X-A",
        "<b> ",
        "here",
        "é",
        "令牌",
        "：",
        "\\n",
        "&quot;",
        "%3D",
        "$(cat ",
        "12:01 ",
        "%",
    ];
    let mut mint = Mint::new(23);
    for round in 0..4000 {
        let mut text = String::new();
        for _ in 0..round % 60 {
            text.push_str(PARTS[mint.random_below(PARTS.len())]);
        }
        let start = text.len();
        text.push_str(&String::from_utf8_lossy(&mint.hex(40)));
        for _ in 0..4 {
            text.push_str(PARTS[mint.random_below(PARTS.len())]);
        }
        let slot = read(text.as_bytes(), &(start..start + 40));
        for range in [slot.key, slot.callee, slot.host] {
            assert!(
                range.start <= range.end && range.end <= text.len(),
                "{text}"
            );
        }
    }
}

#[test]
fn other_places() {
    assert_eq!(slot("x?a=b&access_token=<H>&c=d").0, SlotKind::Query);
    assert_eq!(slot("Authorization: token <H>").0, SlotKind::AuthHeader);
    assert_eq!(
        slot("'Authorization' => 'token <H>'").0,
        SlotKind::AuthHeader
    );
    assert_eq!(
        slot("'Authorization': 'token ' + '<H>'").0,
        SlotKind::AuthHeader
    );
    assert_eq!(slot("$url . '&access_token=' . '<H>'").0, SlotKind::Query);
    assert_eq!(
        slot("g = Github(\"<H>\")"),
        (SlotKind::Argument, "Github".into(), String::new())
    );
    assert_eq!(slot("setx GITHUB_TOKEN <H>").1, "GITHUB_TOKEN");
    assert_eq!(slot("a\n    <H>\nb").0, SlotKind::Alone);
    assert_eq!(slot("✓ <H> \n").0, SlotKind::Alone);
    assert_eq!(slot("<H>  name.tar.gz").0, SlotKind::LineHead);
    assert_eq!(slot("if head == \"<H>\" {").0, SlotKind::Compared);
}
