//! Lists of words that readers of syntax compare a certain place with. `rules/judge/words.toml` describes each.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::word_list::WordList;

/// Defines [`Lists`] with these fields, and reads it from a map of lists by name. A derived reader of so many fields takes
/// 1.1 MB of the program.
macro_rules! define_lists {
    ($($name:ident)*) => {
        /// Lists below `[lists]` in `rules/judge/words.toml`, which describes each.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(try_from = "BTreeMap<String, WordList>")]
        pub(crate) struct Lists {
            $(pub(crate) $name: WordList,)*
        }

        impl TryFrom<BTreeMap<String, WordList>> for Lists {
            type Error = String;

            fn try_from(mut given: BTreeMap<String, WordList>) -> Result<Self, String> {
                let mut missing = Vec::new();
                let mut take_list = |name: &'static str| {
                    given.remove(name).unwrap_or_else(|| {
                        missing.push(name);
                        WordList::default()
                    })
                };
                let lists = Lists {
                    $($name: take_list(stringify!($name)),)*
                };
                if !missing.is_empty() {
                    return Err(format!("these lists are missing: `{}`", missing.join("`, `")));
                }
                if !given.is_empty() {
                    let unknown: Vec<String> = given.into_keys().collect();
                    return Err(format!("these lists are unknown: `{}`", unknown.join("`, `")));
                }
                Ok(lists)
            }
        }
    };
}

define_lists! {
    credential_pairs
    credential_name_pairs
    oauth1_pairs
    signing_pairs
    position_pairs
    oauth_token_words
    key_words
    forge_segments
    hash_names
    hash_endings
    object_names
    id_words
    listed_refs
    git_commands
    git_options
    revision_flags
    source_marks
    host_endings
    title_words
    conjunctions
    prepositions
    citing
    citing_after_verb
    citing_verbs
    citing_behind
    copulas_behind
    login_verbs
    running_words
    searching
    moving
    citing_after_move
    copulas
    handover_words
    change_words
    change_verbs
    changing
    fixing
    articles
    block_marks
    message_keys
    speaker_keys
    generic_names
    generic_endings
    name_attributes
    name_elements
    value_columns
    value_column_endings
    sql_constraints
    whole_types
    types
    declared_types
    own_headers
    file_endings
    client_calls
    wrappers
    wrapper_endings
    setters
    fallback_methods
    fallback_calls
    setting_readers
    credential_takers
    mock_answers
    test_calls
    emitters
    function_keywords
    function_joints
    receivers
    silent_functions
    silent_parts
    format_calls
    targeted_format_calls
    format_methods
    header_formats
    encoders
    request_calls
    request_commands
    data_flags
    token_flags
    login_flags
    login_options
    login_takers
    login_tuples
    github_host
    host_settings
    store_commands
    name_flags
    body_flags
    store_reads
    prompts
    shells
    script_endings
    silent_parameters
    waiting_words
    sending_words
    tool_starts
    not_tools
    tool_folders
    other_tools
    github_tools
    marker_users
    marker_passwords
    netrc_words
    login_headers
    schemes
    scheme_words
    github_schemes
    django_schemes
    bearer_schemes
    other_parameters
    top_domains
    local_hosts
    bundler_hosts
    enterprise_api
    login_paths
    schema_hosts
    repository_links
    login_pages
    source_names
    callback_names
    service_names
    public_halves
    record_titles
    open_service_names
    host_names
    not_services
    github_providers
    common_names
    messengers
    ci_services
    agent_words
    owner_joints
    of_words
    workers
    block_names
    comment_marks
    negations
    app_id_prefixes
    app_id_starts
    id_endings
    other_id_words
    app_words
    salt_words
    password_words
    github_app_words
    private_key_names
    ssh_key_names
    app_id_names
    installation_id_names
    other_key_owners
    credential_files
    credential_file_starts
    gist_files
    id_files
    id_file_endings
    config_endings
}

impl Lists {
    /// Returns the two words of a pair; the second is empty if there is only one.
    pub(crate) fn split_pair(pair: &[u8]) -> (&[u8], &[u8]) {
        let first = memchr::memchr(b' ', pair).unwrap_or(pair.len());
        (&pair[..first], pair[first..].trim_ascii_start())
    }
}
