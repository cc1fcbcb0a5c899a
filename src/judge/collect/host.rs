//! Features of hosts: the host of a command or a URL, and names that are host names.

use super::feature_set::FeatureSet;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::{Feature, Role};
use crate::judge::site::slot::{self, Slot, SlotKind};
use crate::judge::site::urls::{self, UrlRanges};
use crate::judge::site::{Site, enclosing};
use crate::judge::vocabulary::{WordClass, lists};
use crate::span::line_start;

/// Adds the features of the host that the value is sent to, as given by its URL or by the command it is an option of.
pub(crate) fn add_called_host(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let flag = site.text[slot.key.clone()].starts_with(b"-");
    let host = match slot.kind {
        SlotKind::Query => urls::url_before(site.text, &site.value),
        SlotKind::BasicUser | SlotKind::AuthHeader => urls::command_url(site.text, &site.value),
        SlotKind::Assigned | SlotKind::Follows if flag || is_sent_as_data(site, slot) => {
            urls::command_url(site.text, &site.value)
        }
        SlotKind::Assigned if !site.key_words().all.has(WordClass::GITHUB) => url_of_call(site),
        _ => None,
    };
    if host.is_none() && slot.kind == SlotKind::AuthHeader && is_sent_to_another(site) {
        observed.add(Feature::ScopeVendor, site.own_location());
        return observed.add(Feature::SentToOtherHost, site.own_location());
    }
    // The argument of a login is a password: `echo value | docker login ghcr.io --password-stdin`.
    let takes = slot.kind == SlotKind::Follows && (flag || slot.key.is_empty());
    let login = takes
        .then(|| urls::login_registry(site.text, &site.value))
        .flatten();
    observed.secret |= login.is_some();
    let logs_in = login.is_some();
    let Some((host, url)) = host.or(login) else {
        return;
    };
    let name = &site.text[host.clone()];
    // The API of a GitHub Enterprise server is below `/api/v3`.
    let owner = site.word_classes(&host);
    let github = owner.has(WordClass::GITHUB)
        || (!owner.has(WordClass::VENDOR) && lists().enterprise_api.is_part_of(&site.text[url]));
    if github {
        observed.github = true;
        // `-p` and `--password` are the password.
        if logs_in {
            observed.add(Feature::CallLogin, EvidenceLocation::Text(host.clone()));
            let name = EvidenceLocation::Text(slot.key.clone());
            observed.add_if(flag, Feature::KeySecret, name);
        }
        observed.add_if(
            slot.kind != SlotKind::Query,
            Feature::SentToGithub,
            EvidenceLocation::Text(host),
        );
    } else if name.contains(&b'.') || lists().local_hosts.contains(name) {
        observed.add(Feature::SentToOtherHost, EvidenceLocation::Text(host));
    }
}

/// Returns the URL that is the first argument of a call around the value, which sends it there:
/// `post("https://api.acme.example/add", data={"apikey": "value"})`.
fn url_of_call(site: &Site<'_>) -> Option<UrlRanges> {
    const LONGEST: usize = 200;
    let text = site.text;
    site.brackets()
        .iter()
        .filter(|(_, is_call)| *is_call)
        .find_map(|(name, _)| {
            let to = site.value.start.min(name.end + LONGEST);
            let head = text.get(name.end..to)?;
            let mark = |b: &&u8| b.is_ascii_whitespace() || matches!(b, b'(' | b'"' | b'\'' | b'`');
            let open = head.iter().take_while(mark).count();
            let scheme = [&b"https://"[..], b"http://"]
                .into_iter()
                .find(|s| head[open..].starts_with(s))?;
            let sends = lists()
                .request_calls
                .suffix_of(&text[name.clone()])
                .is_some();
            sends.then(|| urls::url_at(text, name.end + open + scheme.len(), to))
        })
}

/// Returns true if the value is a field of the data that a command sends: `curl -d "token=value" https://..`.
fn is_sent_as_data(site: &Site<'_>, slot: &Slot) -> bool {
    let start = urls::command_start(site.text, site.value.start);
    let command = site.text[start..site.value.start].trim_ascii_start();
    let sends = lists().request_commands.prefix_of(command).is_some();
    let key = slot.key.start.max(start).min(site.value.start);
    let before = site.text[start..key].trim_ascii_end();
    let quote = |b: &u8| !matches!(b, b'"' | b'\'' | b' ' | b'{' | b'\\');
    let end = before.iter().rposition(quote).map_or(0, |n| n + 1);
    sends && lists().data_flags.suffix_of(&before[..end]).is_some()
}

/// Adds the features of the host of the request that a header or a secret belongs to, unless GitHub was named: the host
/// of the nearest URL that is a value itself.
pub(crate) fn add_request_host(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let goes_along = matches!(
        slot.kind,
        SlotKind::AuthHeader | SlotKind::Header | SlotKind::BasicUser
    ) || observed.has(Feature::KeySecret)
        || observed.has(Feature::KeyClientSecret);
    // The host that a header is sent to owns it, even where the text mentions GitHub.
    let is_header = slot.kind == SlotKind::AuthHeader
        && !observed.has_role(Role::GithubOwn)
        && !observed.has(Feature::FileGithub)
        && !observed.has(Feature::LinePair)
        && !observed.has(Feature::AbovePair);
    if observed.github && is_header {
        return add_host_of_header(site, observed);
    }
    if observed.github && !observed.has(Feature::OnlyRepoLinks) {
        return;
    }
    observed.add_if(observed.asked, Feature::CallQuery, site.own_location());
    if !goes_along {
        return;
    }
    let value = &site.value;
    let head = site.text[..value.start].trim_ascii_end();
    let schemed = slot.kind == SlotKind::AuthHeader;
    let rest = schemed && lists().django_schemes.suffix_of(head).is_some();
    observed.add_if(rest, Feature::SchemeDjango, site.own_location());
    let bearer = schemed && lists().bearer_schemes.ends_any_case(head);
    observed.add_if(bearer, Feature::SchemeBearer, site.own_location());
    let Some((host, url)) = urls::nearest_request(site.text, value) else {
        let own = urls::own_server_path(site.text, value).filter(|_| schemed);
        if let Some(path) = own {
            observed.add(Feature::SentToOtherHost, EvidenceLocation::Text(path));
        }
        return;
    };
    let path = &site.text[url];
    if site.word_classes(&host).has(WordClass::GITHUB) {
        return;
    }
    let is_known = site.word_classes(&host).has(WordClass::VENDOR);
    if !is_known && lists().enterprise_api.is_part_of(path) {
        observed.github = true;
    } else {
        // The login page of an app of another service.
        let login = lists().login_paths.is_part_of(path);
        observed.add_if(
            login,
            Feature::FileOtherService,
            EvidenceLocation::Text(host.clone()),
        );
        observed.add(Feature::SentToOtherHost, EvidenceLocation::Text(host));
    }
}

/// Adds the feature of the host that a header is sent to, if that is not GitHub's.
fn add_host_of_header(site: &Site<'_>, observed: &mut FeatureSet) {
    let Some((host, url)) = urls::nearest_request(site.text, &site.value) else {
        return;
    };
    let is_github = site.word_classes(&host).has(WordClass::GITHUB)
        || lists().enterprise_api.is_part_of(&site.text[url]);
    observed.add_if(
        !is_github,
        Feature::SentToOtherHost,
        EvidenceLocation::Text(host),
    );
}

/// Returns true if a request to another service uses the headers that contain the value by their name:
/// `HEADERS = {"Authorization": "token value"}`, then `post(f"{GITEA}/repos", headers=HEADERS)`.
fn is_sent_to_another(site: &Site<'_>) -> bool {
    const REACH: usize = 160;
    let text = site.text;
    if is_variable_of_another(site) {
        return true;
    }
    let Some(name) = site.heading() else {
        return false;
    };
    let mut found = false;
    slot::for_each_use(text, &site.value, &name, |place| {
        let line = line_start(text, place.start.saturating_sub(REACH), place.start);
        let mut start = line;
        // The call may begin on a line above.
        enclosing::brackets(text, &place, |name, is_call| {
            if is_call {
                start = start.min(name.start);
            }
        });
        let head = text[start..place.start].iter().position(|b| *b == b',');
        let target = start..head.map_or(place.start, |comma| start + comma);
        let sense = site.whole_word_classes(&target);
        found |= sense.is_of_another_service();
    });
    found
}

/// Returns true if the command of the value calls a variable that is named after another service: `"$NETBOX/api/tags/"`.
fn is_variable_of_another(site: &Site<'_>) -> bool {
    let (text, value) = (site.text, &site.value);
    let command = urls::command_start(text, value.start)..urls::command_end(text, value.end);
    text[command].split(u8::is_ascii_whitespace).any(|word| {
        let bare = word.strip_prefix(b"\"").unwrap_or(word);
        let end = memchr::memchr(b'/', bare).unwrap_or(bare.len());
        let sense = site.classes_of(&bare[..end]);
        bare.starts_with(b"$") && sense.is_of_another_service()
    })
}
