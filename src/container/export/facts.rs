//! Facts about the objects of an export, from which their places are made.

use super::address::{ExportSubject, ItemPart, parse_address};
use crate::span::DocumentPlace;

/// Field of an object that says what the object is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ItemField {
    /// Field that no export by `gh` has.
    #[default]
    Unknown,
    /// Field of issues and pull requests that says nothing about their place.
    Other,
    /// Field of pull requests only.
    PullOnly,
    Url,
    HtmlUrl,
    IssueAddress,
    PullAddress,
    Number,
    /// Title or body.
    Text,
    Kind,
    Name,
    Repository,
    Comments,
    Reviews,
    Commits,
}

impl ItemField {
    /// Returns the field with this key.
    pub(super) fn from_key(key: &[u8]) -> ItemField {
        match key {
            b"url" => ItemField::Url,
            b"html_url" => ItemField::HtmlUrl,
            b"issue_url" | b"issue" => ItemField::IssueAddress,
            b"pull_request_url" | b"pull_request" => ItemField::PullAddress,
            b"number" => ItemField::Number,
            b"title" | b"body" => ItemField::Text,
            b"comments" => ItemField::Comments,
            b"reviews" | b"latestReviews" => ItemField::Reviews,
            b"commits" => ItemField::Commits,
            b"type" => ItemField::Kind,
            b"name" => ItemField::Name,
            b"repo" => ItemField::Repository,
            b"assignees"
            | b"author"
            | b"closed"
            | b"closedAt"
            | b"createdAt"
            | b"id"
            | b"isPinned"
            | b"labels"
            | b"milestone"
            | b"projectCards"
            | b"projectItems"
            | b"reactionGroups"
            | b"state"
            | b"stateReason"
            | b"updatedAt"
            | b"closedByPullRequestsReferences" => ItemField::Other,
            b"additions"
            | b"autoMergeRequest"
            | b"baseRefName"
            | b"baseRefOid"
            | b"changedFiles"
            | b"closingIssuesReferences"
            | b"deletions"
            | b"files"
            | b"fullDatabaseId"
            | b"headRefName"
            | b"headRefOid"
            | b"headRepository"
            | b"headRepositoryOwner"
            | b"isCrossRepository"
            | b"isDraft"
            | b"maintainerCanModify"
            | b"mergeCommit"
            | b"mergeStateStatus"
            | b"mergeable"
            | b"mergedAt"
            | b"mergedBy"
            | b"potentialMergeCommit"
            | b"reviewDecision"
            | b"reviewRequests"
            | b"statusCheckRollup" => ItemField::PullOnly,
            _ => ItemField::Unknown,
        }
    }

    /// Returns true if `gh issue list --json` or `gh pr list --json` writes this field.
    pub(super) fn is_of_gh(self) -> bool {
        matches!(
            self,
            ItemField::Other
                | ItemField::PullOnly
                | ItemField::Url
                | ItemField::Number
                | ItemField::Text
                | ItemField::Comments
                | ItemField::Reviews
                | ItemField::Commits
        )
    }

    /// Returns true if the text of this field is read.
    pub(super) fn is_read(self) -> bool {
        matches!(
            self,
            ItemField::Url
                | ItemField::HtmlUrl
                | ItemField::IssueAddress
                | ItemField::PullAddress
                | ItemField::Kind
                | ItemField::Name
        )
    }

    /// Returns the noun of the elements of a list in this field.
    pub(super) fn element_noun(self) -> Option<&'static str> {
        match self {
            ItemField::Comments => Some("comment"),
            ItemField::Reviews => Some("review"),
            ItemField::Commits => Some("commit"),
            _ => None,
        }
    }

    /// Returns how much an address in this field says about the object: its own page says most.
    fn rank(self) -> u8 {
        match self {
            ItemField::HtmlUrl => 3,
            ItemField::Url => 2,
            _ => 1,
        }
    }
}

/// Facts about one object.
#[derive(Debug, Default)]
pub(super) struct ItemFacts {
    /// Index of the object around it.
    pub(super) parent: Option<usize>,
    /// Noun and number of an element of a list of comments, reviews or commits.
    element: Option<ItemPart>,
    subject: Option<(u8, ExportSubject)>,
    part: Option<ItemPart>,
    pub(super) number: Option<u64>,
    has_text: bool,
    /// True if the object has a field that `gh` does not write.
    has_unknown: bool,
    is_pull: bool,
    /// Repository of an event.
    pub(super) repository: Option<String>,
    is_event: bool,
}

impl ItemFacts {
    /// Returns the facts of an object of which nothing has been read.
    pub(super) fn new(parent: Option<usize>, element: Option<ItemPart>) -> Self {
        ItemFacts {
            parent,
            element,
            ..ItemFacts::default()
        }
    }

    /// Takes note of a field of the object.
    pub(super) fn note_field(&mut self, field: ItemField) {
        self.has_unknown |= !field.is_of_gh();
        match field {
            ItemField::Text => self.has_text = true,
            ItemField::PullOnly | ItemField::Reviews => self.is_pull = true,
            ItemField::Number => self.number = None,
            _ => {}
        }
    }

    /// Takes note of the text of a field.
    pub(super) fn note_text(&mut self, field: ItemField, text: &str) {
        if field == ItemField::Kind {
            self.is_event = text.ends_with("Event");
            return;
        }
        let (subject, part) = parse_address(text);
        let rank = field.rank();
        if let Some(subject) = subject
            && self.subject.as_ref().is_none_or(|(best, _)| *best < rank)
        {
            self.subject = Some((rank, subject));
        }
        self.part = self.part.or(part);
    }

    /// Returns the place of the object inside that of the object around it.
    fn place_inside(&self, around: Option<DocumentPlace>) -> Option<DocumentPlace> {
        match (self.element, around) {
            (Some((noun, number)), Some(list)) => Some(list.then_number(noun, number)),
            (_, around) => self.place_alone().or(around),
        }
    }

    /// Returns the place that the object names itself.
    fn place_alone(&self) -> Option<DocumentPlace> {
        let numbered = self.own_number();
        let subject = self.subject.as_ref().map(|(_, subject)| subject);
        let place = subject.or(numbered.as_ref())?.to_place();
        Some(match self.part {
            Some((noun, number)) => place.then_number(noun, number),
            None => place,
        })
    }

    /// Returns true if the facts change the place of the object from that of the object around it.
    pub(super) fn has_place(&self) -> bool {
        self.subject.is_some()
            || self.element.is_some()
            || self.repository.is_some()
            || self.own_number().is_some()
    }

    /// Returns the item that the number alone names: the object has only fields that `gh` writes.
    fn own_number(&self) -> Option<ExportSubject> {
        let number = self.number.filter(|_| self.has_text && !self.has_unknown)?;
        Some(if self.is_pull {
            ExportSubject::PullRequest(number)
        } else {
            ExportSubject::Issue(number)
        })
    }
}

/// Returns the place of the object with this index, from its own facts and those of the objects around it.
pub(super) fn place_item(items: &[ItemFacts], index: Option<usize>) -> Option<DocumentPlace> {
    let around = std::iter::successors(index, |at| items.get(*at)?.parent);
    let around: Vec<&ItemFacts> = around.filter_map(|at| items.get(at)).collect();
    let from_outside = around.iter().rev();
    let place = from_outside.fold(None, |place, item| item.place_inside(place));
    let mut events = around.iter().filter(|item| item.is_event);
    let repository = events.find_map(|item| item.repository.as_deref());
    let repository = repository.map(|name| DocumentPlace::of_name("repository", name));
    match (place, repository) {
        (Some(place), Some(repository)) => Some(place.inside(&repository)),
        (place, repository) => place.or(repository),
    }
}
