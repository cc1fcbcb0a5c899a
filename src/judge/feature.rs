//! Table of the features. A row is all that the judge has to know about a feature besides its weight and the text that
//! it is observed in.

/// Declares [`Feature`] and [`Feature::TABLE`] with one row a feature.
macro_rules! features {
    ($($variant:ident $group:ident $tier:ident [$($role:ident)*] $name:literal $sentence:literal;)*) => {
        /// Feature of a value; its weight is in `rules/judge/weights.toml`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the sentence of each row describes it")]
        pub(crate) enum Feature { $($variant,)* }

        impl Feature {
            /// All features, in the order of the weights file.
            pub(crate) const ALL: &'static [Feature] = &[$(Feature::$variant,)*];

            const TABLE: &'static [FeatureRow] = &[$(FeatureRow {
                name: $name,
                group: FeatureGroup::$group,
                tier: Tier::$tier,
                roles: &[$(Role::$role,)*],
                sentence: $sentence,
            },)*];
        }
    };
}

/// Row of the table.
struct FeatureRow {
    name: &'static str,
    group: FeatureGroup,
    tier: Tier,
    roles: &'static [Role],
    sentence: &'static str,
}

impl Feature {
    const fn row(self) -> &'static FeatureRow {
        &Feature::TABLE[self as usize]
    }

    /// Returns the name in the weights file and in reports.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the group of the feature.
    #[must_use]
    pub(crate) const fn group(self) -> FeatureGroup {
        self.row().group
    }

    /// Returns a description of the observation for readers who have not read the code.
    #[must_use]
    pub(crate) const fn sentence(self) -> &'static str {
        self.row().sentence
    }

    /// Returns true if the feature has this role.
    pub(super) const fn has_role(self, role: Role) -> bool {
        role.features() & self.bit() != 0
    }

    /// Returns the feature as a bit of a set.
    #[must_use]
    pub(super) const fn bit(self) -> u128 {
        1 << self as u32
    }
}

/// Step of the collection after which a feature cannot be added any more, in the order of the cost of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// The form of the value and the path.
    Start,
    /// The slot of the value and the words of its name.
    Name,
    /// Other values in the text.
    Neighbours,
    /// The calls around the value.
    Calls,
    /// All names that enclose the value.
    Scope,
    /// The uses of the value's name.
    Uses,
    /// The lines around.
    Lines,
    /// The rest of the file, and the request that the value belongs to.
    File,
    /// All other features, or a look-up.
    Last,
}

/// Role of a feature in a decision besides its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Connects the value with a credential, so that `no-credential-word` does not hold.
    NamesCredential,
    /// Is of a place or a name for a credential, which the secret of another service must have to be reported.
    CredentialPlace,
    /// Shows that the value has a name of its own, which a name around it does not replace.
    OwnName,
    /// Is of a name for a credential that its holder sends.
    TokenName,
    /// Shows that the value itself is named as GitHub's, whatever other service the file names.
    GithubOwn,
    /// Needs a name or a phrase of GitHub in the text.
    NeedsGithub,
    /// Excludes that the value is the secret of an OAuth app.
    ExcludesApp,
    /// Is of a slot that takes nothing but credentials, whatever the text around is about.
    LoginOnly,
    /// Is of words for ids and checksums around the value, which do not count for a slot of [`Role::LoginOnly`].
    HashNearby,
    /// Counts against the value because it belongs to another service.
    OtherService,
    /// Names the other service that the value belongs to.
    NamesService,
    /// Is of words on other lines or in other places than the value's own.
    WordsNearby,
    /// Shows that the text lacks a word, which the path may have.
    Absence,
}

/// Features of each role, one bit each, in the order of [`Role`].
const OF_ROLES: [u128; Role::Absence as usize + 1] = {
    let mut sets = [0; Role::Absence as usize + 1];
    let mut i = 0;
    while i < Feature::ALL.len() {
        let roles = Feature::TABLE[i].roles;
        let mut k = 0;
        while k < roles.len() {
            sets[roles[k] as usize] |= 1 << i;
            k += 1;
        }
        i += 1;
    }
    sets
};

/// Features of each tier and of each group, one bit each, in the order of [`Tier`] and [`FeatureGroup`].
const OF_TIERS_AND_GROUPS: (
    [u128; Tier::Last as usize + 1],
    [u128; FeatureGroup::ALL.len()],
) = {
    let mut tiers = [0; Tier::Last as usize + 1];
    let mut groups = [0; FeatureGroup::ALL.len()];
    let mut i = 0;
    while i < Feature::ALL.len() {
        tiers[Feature::TABLE[i].tier as usize] |= 1 << i;
        groups[Feature::TABLE[i].group as usize] |= 1 << i;
        i += 1;
    }
    (tiers, groups)
};

/// Features of the tiers after each, one bit each, in the order of [`Tier`].
const OF_LATER_TIERS: [u128; Tier::Last as usize + 1] = {
    let mut later = [0; Tier::Last as usize + 1];
    let mut i = Tier::Last as usize;
    while i > 0 {
        later[i - 1] = later[i] | OF_TIERS_AND_GROUPS.0[i];
        i -= 1;
    }
    later
};

impl Role {
    /// Returns the features that have this role, one bit each.
    pub(super) const fn features(self) -> u128 {
        OF_ROLES[self as usize]
    }
}

impl Tier {
    /// Returns the features of this tier, one bit each.
    pub(super) const fn features(self) -> u128 {
        OF_TIERS_AND_GROUPS.0[self as usize]
    }

    /// Returns the features of the tiers after this one, one bit each.
    pub(super) const fn later_features(self) -> u128 {
        OF_LATER_TIERS[self as usize]
    }
}

impl FeatureGroup {
    /// Returns the features of this group, one bit each.
    pub(super) const fn features(self) -> u128 {
        OF_TIERS_AND_GROUPS.1[self as usize]
    }
}

/// Group of features about the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum FeatureGroup {
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
    pub(crate) const ALL: [FeatureGroup; 10] = [
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
    pub(crate) const fn name(self) -> &'static str {
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

// Variant, group, tier, roles, name in reports and in the weights file, sentence.
features! {
    Prior Prior Start [] "prior" "few values of 40 hex digits are credentials";

    AppForm Value Start [NamesCredential] "app-form"
        "has the form of a token of a GitHub App (`v1.` or `r1.` before the digits)";
    Placeholder Value Last [] "placeholder" "is a value that is published as an example";
    LowEntropy Value Last [] "low-entropy"
        "is too regular to be random: repeated, counted or with few different digits";

    UrlUserGithub Slot Name [NamesCredential GithubOwn] "url-user-github"
        "stands as user or password in a URL of a GitHub host";
    UrlUser Slot Name [NamesCredential CredentialPlace] "url-user" "stands as user or password in a URL";
    UserMarker Slot Name [NamesCredential] "user-marker"
        "stands beside a user name that GitHub keeps for tokens (`x-oauth-basic`, `x-access-token`, `oauth2`)";
    BasicUser Slot Name [NamesCredential CredentialPlace] "basic-user"
        "stands beside a user name as in `user:password`";
    Query Slot Name [CredentialPlace LoginOnly] "query" "is the value of a query parameter";
    QueryOther Slot Name [] "query-other" "is the value of a query parameter whose name mentions no credential";
    AuthHeader Slot Name [NamesCredential CredentialPlace LoginOnly] "auth-header"
        "follows `token`, `Bearer` or `Basic` in a header that authorises";
    SchemeToken Slot Name [] "scheme-token" "follows `token` in that header, as GitHub's own examples write it";
    HeaderOther Slot Name [OtherService NamesService] "header-other"
        "is the value of a header of its own, which GitHub takes no credential in";
    PathSegment Slot Name [] "path-segment" "is a segment of a path or URL";
    CommitUrl Slot Name [] "commit-url" "is the id in a URL of a commit, tree, file or archive";
    Pin Slot Name [] "pin" "pins a version after `@`";
    Fragment Slot Name [] "fragment" "is the fragment of a URL, after `#`";
    AfterRepo Slot Name [] "after-repo" "stands right behind the name of a repository or the number of a version";
    CommitRange Slot Name [] "commit-range" "is one end of a range of commits";
    JoinedToWord Slot Name [] "joined-to-word" "is joined to a word or a file name by `-`, `_`, `.`, `+` or `*`";
    ListingLine Slot Name [] "listing-line" "opens a line of a listing: a file, a ref, an id or a number follows";
    CitedChange Slot Name [] "cited-change"
        "follows words that cite a change, such as `since`, `reverts` or `introduced in`";
    LineStart Slot Name [] "line-start" "opens a line of text";
    AloneInFile Slot Name [] "alone-in-file" "is all that the file holds";
    Argument Slot Name [] "argument" "is an argument of a call";
    Assigned Slot Name [] "assigned" "is assigned to a name";
    Compared Slot Name [] "compared" "is compared with something";
    UsedAsGithubLogin Slot Uses [NamesCredential NeedsGithub] "used-as-github-login"
        "what it is called is put into a URL of a GitHub host as user or password, or given to a GitHub client";
    UsedAsLogin Slot Uses [NamesCredential] "used-as-login"
        "what it is called is put into a URL as user or password, or into a header that authorises";
    UsedAsId Slot Uses [] "used-as-id" "what it is called is put where only an id stands";
    SentToGithub Slot Name [] "sent-to-github" "the command that it stands in calls a GitHub host";
    SchemeDjango Slot File [OtherService] "scheme-django"
        "follows `Token` with a capital, as Django REST framework writes it, and nothing names GitHub";
    SchemeBearer Slot File [] "scheme-bearer"
        "follows `Bearer`, as tokens of other services do, and nothing names GitHub";
    SentToOtherHost Slot File [OtherService NamesService] "sent-to-other-host"
        "the URL, the command or the request that it stands in goes to a host that is not GitHub's";

    KeySecret Key Name [NamesCredential CredentialPlace OwnName TokenName] "key-secret"
        "its name mentions a credential";
    KeyGithub Key Name [OwnName GithubOwn] "key-github" "its name mentions GitHub";
    KeyGithubSecret Key Name [NamesCredential CredentialPlace OwnName TokenName GithubOwn] "key-github-secret"
        "its name mentions a GitHub credential";
    KeyOauth Key Name [] "key-oauth" "its name says that it is an OAuth token";
    KeyClientSecret Key Name [NamesCredential] "key-client-secret" "its name mentions a client secret";
    KeyWeak Key Name [NamesCredential CredentialPlace] "key-weak" "its name may mean a credential";
    KeyHash Key Name [OwnName ExcludesApp] "key-hash" "its name mentions an id or a checksum";
    KeyMaybeHash Key Name [OwnName ExcludesApp] "key-maybe-hash" "its name may mean an id or a checksum";
    KeyFile Key Name [] "key-file" "its name is that of a file";
    KeyVendor Key Name [OwnName ExcludesApp OtherService NamesService] "key-vendor" "its name mentions another service";
    KeyPlain Key Name [] "key-plain" "its name mentions neither credentials nor ids";
    KeyPhrase Key Name [] "key-phrase" "the words before it are prose that names nothing";
    KeyThing Key Name [OwnName ExcludesApp] "key-thing"
        "its name is that of a repository, a package or an action, called after a credential";
    KeyHost Key Name [NamesCredential GithubOwn] "key-host" "its name is that of a GitHub host";
    KeySigning Key Uses [OwnName ExcludesApp OtherService NamesService] "key-signing"
        "its name is that of a secret that signs or encrypts, such as a webhook's";
    CallGithub Key Calls [NamesCredential GithubOwn NeedsGithub] "call-github" "it is given to a GitHub client";
    CallSecret Key Calls [NamesCredential CredentialPlace] "call-secret" "it is given to something that authenticates";
    CallHash Key Calls [] "call-hash" "it is given to something that takes ids or checksums";
    CallLogin Key Name [NamesCredential] "call-login" "it is given to something that makes a client or logs in";
    CallQuery Key File [] "call-query" "what it is given to asks about a token or ends it, and nothing names GitHub";
    CallOther Key Name [] "call-other" "it is given to something that does not log in";

    ScopeGithub Scope Scope [NeedsGithub] "scope-github" "what encloses it mentions GitHub";
    ScopePair Scope Scope [NamesCredential NeedsGithub] "scope-pair"
        "it stands in a list or a map that is named after credentials of GitHub";
    ScopeSecret Scope Scope [NamesCredential] "scope-secret" "what encloses it mentions credentials";
    ScopeHash Scope Scope [HashNearby] "scope-hash" "what encloses it mentions ids or checksums";
    ScopeChecksumList Scope Scope [] "scope-checksum-list" "the heading above it announces ids or checksums";
    ScopeVendor Scope Scope [OtherService NamesService] "scope-vendor" "what encloses it mentions another service";
    ScopeHost Scope Scope [OtherService NamesService] "scope-host"
        "its name or what encloses it is the name of a host that is not GitHub's";

    AboveGithub Near Lines [NeedsGithub] "above-github" "the line above mentions GitHub";
    AboveSecret Near Lines [NamesCredential WordsNearby] "above-secret" "the line above mentions a credential";
    AboveHash Near Lines [HashNearby] "above-hash" "the line above mentions ids or checksums";
    AbovePair Near Lines [NamesCredential NeedsGithub WordsNearby] "above-pair" "the line above mentions a GitHub credential";
    LinePair Near Lines [NamesCredential NeedsGithub WordsNearby] "line-pair" "its line mentions a GitHub credential";
    LineGithub Near Lines [NeedsGithub] "line-github" "its line mentions GitHub";
    LineHash Near Lines [] "line-hash" "its line mentions ids or checksums";
    LineVendor Near Lines [OtherService] "line-vendor" "its line mentions another service";
    ProseNamesToken Near Lines [NamesCredential NeedsGithub] "prose-names-token"
        "it has no name, and the nearest word in the prose around that tells what it is, is for a credential";
    ToldBehind Near Lines [] "told-behind" "the word for a credential stands behind it, and does not say what it is";
    ProseNamesService Near Lines [OtherService NamesService] "prose-names-service"
        "it has no name, and the nearest sentence around that names a service names another one";
    NearGithub Near Lines [NeedsGithub] "near-github" "the lines around mention GitHub";
    NearHash Near Lines [HashNearby] "near-hash" "the lines around mention ids or checksums";
    NearVendor Near Lines [OtherService] "near-vendor" "the lines around mention another service";
    NearSigning Near Last [OtherService NamesService] "near-signing"
        "it is called a secret, and what is around it mentions webhooks or signatures";
    NearRepoKeys Near Lines [] "near-repo-keys" "the lines around name a repository and whose it is";
    ClientId Near Lines [NamesCredential] "client-id" "the id of an OAuth app stands beside it";
    OtherAppId Near Lines [OtherService NamesService] "other-app-id"
        "the id of the app beside it has not the form of GitHub's";
    TokenPage Near File [NamesCredential NeedsGithub] "token-page"
        "the text around has the words of GitHub's page for a new token";

    FileGithub File File [NeedsGithub] "file-github" "the file uses a GitHub client or a GitHub host";
    OnlyRepoLinks File File [OtherService] "only-repo-links"
        "its name leaves the service open, and GitHub is named only in addresses of repositories";
    FileOtherService File File [OtherService NamesService] "file-other-service"
        "the file sends its requests to another service";
    NoCredentialWord File Last [Absence] "no-credential-word"
        "nothing near it, in its slot or in the path mentions a credential";
    NoCredentialLink File Last [Absence] "no-credential-link"
        "neither its name, its place nor what encloses it is a credential's, only words nearby are";
    NoGithubName File Last [OtherService Absence] "no-github-name" "nothing near it, in its file or in its path names GitHub";

    PathToken Path Start [NamesCredential] "path-token" "the file's name says that it holds a GitHub token";
    PathCredentials Path Start [] "path-credentials" "the file is one in which tools keep credentials";
    PathGithub Path Start [] "path-github" "the path mentions GitHub";
    PathSecret Path Start [NamesCredential] "path-secret" "the path mentions credentials";
    PathVendor Path Start [OtherService] "path-vendor" "the file is named after another service";
    PathHash Path Start [] "path-hash" "the path mentions ids, checksums or changes";
    PathIds Path Start [HashNearby] "path-ids" "the file is one in which tools list ids or checksums";

    NeighboursFew Crowd Neighbours [] "neighbours-few" "several values of this form stand close by";
    NeighboursMany Crowd Neighbours [] "neighbours-many" "it is one of many values of this form";
    NeighbourMap Crowd Neighbours [] "neighbour-map"
        "its line is one of several in a row that hold a name and a value of this form";
    NeighbourColumn Crowd Neighbours [] "neighbour-column"
        "values of this form stand above and below it in the same column";

    SameValueIsHash Lookup Last [] "same-value-is-hash"
        "the same value stands as an id or a checksum elsewhere in this text";
    HashElsewhere Lookup Last [] "hash-elsewhere"
        "the same value stands as an id or a checksum elsewhere in what was scanned";
    GitObject Lookup Last [] "git-object" "a repository holds an object or a ref with this id";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_in_order() {
        let names: HashSet<_> = Feature::ALL.iter().map(|f| f.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
        for (i, feature) in Feature::ALL.iter().enumerate() {
            assert_eq!(*feature as usize, i);
        }
    }

    #[test]
    fn queries_return_the_features_of_the_rows() {
        let key_secret = Feature::KeySecret.bit();
        for role in [Role::OwnName, Role::TokenName, Role::CredentialPlace] {
            assert_ne!(role.features() & key_secret, 0, "{role:?}");
        }
        assert_eq!(Role::ExcludesApp.features() & key_secret, 0);
        assert_ne!(Tier::Name.features() & key_secret, 0);
        assert_ne!(Tier::Start.later_features() & key_secret, 0);
        assert_eq!(Tier::Name.later_features() & key_secret, 0);
        assert_eq!(Tier::Last.later_features(), 0);
        let all = FeatureGroup::ALL
            .iter()
            .fold(0, |all, g| all | g.features());
        assert_eq!(all.count_ones() as usize, Feature::ALL.len());
    }
}
