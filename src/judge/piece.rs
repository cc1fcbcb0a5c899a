//! The features, with their names, their groups, and their descriptions for reports.

/// Declares [`Feature`] and its tables with one line a feature, so that the tables always agree.
macro_rules! pieces {
    ($($(#[$doc:meta])* $variant:ident $group:ident $name:literal $says:literal;)*) => {
        /// Feature of a value; its weight is in `rules/judge/weights.toml`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each says what it is in `says`")]
        pub enum Feature { $($variant,)* }

        impl Feature {
            /// All features, in the order of the weights file.
            pub const ALL: &'static [Feature] = &[$(Feature::$variant,)*];

            /// Returns the name in the weights file and in reports.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Feature::$variant => $name,)* }
            }

            /// Returns the group of the feature.
            #[must_use]
            pub fn group(self) -> FeatureGroup {
                match self { $(Feature::$variant => FeatureGroup::$group,)* }
            }

            /// Returns a description of the observation for readers who have not read the code.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Feature::$variant => $says,)* }
            }
        }
    };
}

/// Group of features about the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureGroup {
    /// None; the base rate of credentials.
    Prior,
    /// The form of the value itself.
    Value,
    /// The syntactic place: URL, header, assignment, call, column.
    Slot,
    /// The words of the key, flag, header or callee that the value belongs to.
    Key,
    /// The enclosing names: section, parent keys, calls.
    Scope,
    /// The words of the value's line and of the lines around.
    Near,
    /// The rest of the file.
    File,
    /// The file's path.
    Path,
    /// Other values of the same form in the text.
    Crowd,
    /// Occurrences of the same value, or of an object with this id, in other places.
    Lookup,
}

impl FeatureGroup {
    /// All groups.
    pub const ALL: [FeatureGroup; 10] = [
        FeatureGroup::Prior,
        FeatureGroup::Value,
        FeatureGroup::Slot,
        FeatureGroup::Key,
        FeatureGroup::Scope,
        FeatureGroup::Near,
        FeatureGroup::File,
        FeatureGroup::Path,
        FeatureGroup::Crowd,
        FeatureGroup::Lookup,
    ];

    /// Returns the name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FeatureGroup::Prior => "prior",
            FeatureGroup::Value => "value",
            FeatureGroup::Slot => "slot",
            FeatureGroup::Key => "key",
            FeatureGroup::Scope => "scope",
            FeatureGroup::Near => "near",
            FeatureGroup::File => "file",
            FeatureGroup::Path => "path",
            FeatureGroup::Crowd => "crowd",
            FeatureGroup::Lookup => "lookup",
        }
    }
}

pieces! {
    Prior Prior "prior" "few values of 40 hex digits are credentials";
    AppForm Value "app-form" "has the form of a token of a GitHub App (`v1.` or `r1.` before the digits)";
    Placeholder Value "placeholder" "is a value that is published as an example";
    LowEntropy Value "low-entropy" "is too regular to be random: repeated, counted or with few different digits";

    UrlUserGithub Slot "url-user-github" "stands as user or password in a URL of a GitHub host";
    UrlUser Slot "url-user" "stands as user or password in a URL";
    UserMarker Slot "user-marker" "stands beside a user name that GitHub keeps for tokens (`x-oauth-basic`, `x-access-token`, `oauth2`)";
    BasicUser Slot "basic-user" "stands beside a user name as in `user:password`";
    Query Slot "query" "is the value of a query parameter";
    QueryOther Slot "query-other" "is the value of a query parameter whose name mentions no credential";
    AuthHeader Slot "auth-header" "follows `token`, `Bearer` or `Basic` in a header that authorises";
    SchemeToken Slot "scheme-token" "follows `token` in that header, as GitHub's own examples write it";
    HeaderOther Slot "header-other" "is the value of a header of its own, which GitHub takes no credential in";
    PathSegment Slot "path-segment" "is a segment of a path or URL";
    CommitUrl Slot "commit-url" "is the id in a URL of a commit, tree, file or archive";
    Pin Slot "pin" "pins a version after `@`";
    Fragment Slot "fragment" "is the fragment of a URL, after `#`";
    AfterRepo Slot "after-repo" "stands right behind the name of a repository or the number of a version";
    CommitRange Slot "commit-range" "is one end of a range of commits";
    JoinedToWord Slot "joined-to-word" "is joined to a word or a file name by `-`, `_`, `.`, `+` or `*`";
    ListingLine Slot "listing-line" "opens a line of a listing: a file, a ref, an id or a number follows";
    CitedChange Slot "cited-change" "follows words that cite a change, such as `since`, `reverts` or `introduced in`";
    LineStart Slot "line-start" "opens a line of text";
    AloneInFile Slot "alone-in-file" "is all that the file holds";
    Argument Slot "argument" "is an argument of a call";
    Assigned Slot "assigned" "is assigned to a name";
    Compared Slot "compared" "is compared with something";
    UsedAsGithubLogin Slot "used-as-github-login" "what it is called is put into a URL of a GitHub host as user or password, or given to a GitHub client";
    UsedAsLogin Slot "used-as-login" "what it is called is put into a URL as user or password, or into a header that authorises";
    UsedAsId Slot "used-as-id" "what it is called is put where only an id stands";
    SentToGithub Slot "sent-to-github" "the command that it stands in calls a GitHub host";
    SchemeDjango Slot "scheme-django" "follows `Token` with a capital, as Django REST framework writes it, and nothing names GitHub";
    SchemeBearer Slot "scheme-bearer" "follows `Bearer`, as tokens of other services do, and nothing names GitHub";
    SentToOtherHost Slot "sent-to-other-host" "the URL, the command or the request that it stands in goes to a host that is not GitHub's";

    KeySecret Key "key-secret" "its name mentions a credential";
    KeyGithub Key "key-github" "its name mentions GitHub";
    KeyGithubSecret Key "key-github-secret" "its name mentions a GitHub credential";
    KeyOauth Key "key-oauth" "its name says that it is an OAuth token";
    KeyClientSecret Key "key-client-secret" "its name mentions a client secret";
    KeyWeak Key "key-weak" "its name may mean a credential";
    KeyHash Key "key-hash" "its name mentions an id or a checksum";
    KeyMaybeHash Key "key-maybe-hash" "its name may mean an id or a checksum";
    KeyFile Key "key-file" "its name is that of a file";
    KeyVendor Key "key-vendor" "its name mentions another service";
    KeyPlain Key "key-plain" "its name mentions neither credentials nor ids";
    KeyThing Key "key-thing" "its name is that of a repository, a package or an action, called after a credential";
    KeyHost Key "key-host" "its name is that of a GitHub host";
    KeySigning Key "key-signing" "its name is that of a secret that signs or encrypts, such as a webhook's";
    CallGithub Key "call-github" "it is given to a GitHub client";
    CallSecret Key "call-secret" "it is given to something that authenticates";
    CallHash Key "call-hash" "it is given to something that takes ids or checksums";
    CallLogin Key "call-login" "it is given to something that makes a client or logs in";
    CallQuery Key "call-query" "what it is given to asks about a token or ends it, and nothing names GitHub";
    CallOther Key "call-other" "it is given to something that does not log in";

    ScopeGithub Scope "scope-github" "what encloses it mentions GitHub";
    ScopePair Scope "scope-pair" "it stands in a list or a map that is named after credentials of GitHub";
    ScopeSecret Scope "scope-secret" "what encloses it mentions credentials";
    ScopeHash Scope "scope-hash" "what encloses it mentions ids or checksums";
    ScopeChecksumList Scope "scope-checksum-list" "the heading above it announces ids or checksums";
    ScopeVendor Scope "scope-vendor" "what encloses it mentions another service";
    ScopeHost Scope "scope-host" "its name or what encloses it is the name of a host that is not GitHub's";

    AboveGithub Near "above-github" "the line above mentions GitHub";
    AboveSecret Near "above-secret" "the line above mentions a credential";
    AboveHash Near "above-hash" "the line above mentions ids or checksums";
    AbovePair Near "above-pair" "the line above mentions a GitHub credential";
    LinePair Near "line-pair" "its line mentions a GitHub credential";
    LineGithub Near "line-github" "its line mentions GitHub";
    LineHash Near "line-hash" "its line mentions ids or checksums";
    LineVendor Near "line-vendor" "its line mentions another service";
    ProseNamesToken Near "prose-names-token" "it has no name, and what is said right before it mentions a GitHub credential";
    NearGithub Near "near-github" "the lines around mention GitHub";
    NearHash Near "near-hash" "the lines around mention ids or checksums";
    NearVendor Near "near-vendor" "the lines around mention another service";
    NearSigning Near "near-signing" "it is called a secret, and what is around it mentions webhooks or signatures";
    NearRepoKeys Near "near-repo-keys" "the lines around name a repository and whose it is";
    ClientId Near "client-id" "the id of an OAuth app stands beside it";
    TokenPage Near "token-page" "the text around has the words of GitHub's page for a new token";

    FileGithub File "file-github" "the file uses a GitHub client or a GitHub host";
    FileOtherService File "file-other-service" "the file sends its requests to another service";
    NoCredentialWord File "no-credential-word" "nothing near it, in its slot or in the path mentions a credential";
    NoGithubName File "no-github-name" "nothing near it, in its file or in its path names GitHub";

    PathToken Path "path-token" "the file's name says that it holds a GitHub token";
    PathCredentials Path "path-credentials" "the file is one in which tools keep credentials";
    PathGithub Path "path-github" "the path mentions GitHub";
    PathSecret Path "path-secret" "the path mentions credentials";
    PathVendor Path "path-vendor" "the file is named after another service";
    PathHash Path "path-hash" "the path mentions ids, checksums or changes";

    NeighboursFew Crowd "neighbours-few" "several values of this form stand close by";
    NeighboursMany Crowd "neighbours-many" "it is one of many values of this form";
    NeighbourMap Crowd "neighbour-map" "its line is one of several in a row that hold a name and a value of this form";
    NeighbourColumn Crowd "neighbour-column" "values of this form stand above and below it in the same column";

    SameValueIsHash Lookup "same-value-is-hash" "the same value stands as an id or a checksum elsewhere in this text";
    HashElsewhere Lookup "hash-elsewhere" "the same value stands as an id or a checksum elsewhere in what was scanned";
    GitObject Lookup "git-object" "a repository holds an object or a ref with this id";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_in_order() {
        let names: HashSet<_> = Feature::ALL.iter().map(|p| p.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
        for (i, p) in Feature::ALL.iter().enumerate() {
            assert_eq!(*p as usize, i);
        }
    }
}
