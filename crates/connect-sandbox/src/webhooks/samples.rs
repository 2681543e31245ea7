//! A body for each event that products send, made of what the site has.

use connect_core::Product;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    data::{
        self, Content, SPACE_KEY,
        confluence::label_in_webhook,
        jira::{Form, View},
        text::{date, date_utc},
    },
    server::OnSite,
    state::{App, lock},
    users::{User, avatars},
    webhooks::callbacks,
    world,
};

/// A webhook that could have been sent.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sample {
    /// Unique on the site; the event, with what is special about it.
    pub(super) name: &'static str,
    pub(super) event: &'static str,
    /// It is a lifecycle call, not a webhook.
    pub(super) lifecycle: bool,
    pub(super) body: Value,
}

/// One for each event, and some that are easily overlooked; those of the lifecycle are an app's.
pub(super) fn samples(on: &OnSite, app: Option<&App>) -> Vec<Sample> {
    let all = match on.site.product {
        Product::Confluence => confluence(on),
        Product::Bitbucket | Product::Jira => jira(on),
    };
    let user = User::default_person().account_id;
    let webhooks = all.into_iter().map(|(name, event, mut body)| {
        body["timestamp"] = data::now().into();
        if on.site.product == Product::Confluence {
            body["userAccountId"] = user.as_str().into();
            body["accountType"] = "customer".into();
        } else {
            body["webhookEvent"] = event.into();
        }
        Sample {
            name,
            event,
            lifecycle: false,
            body,
        }
    });
    let lifecycle = app.map(|app| callbacks::samples(on, app));
    webhooks.chain(lifecycle.into_iter().flatten()).collect()
}

type Body = (&'static str, &'static str, Value);

fn jira(on: &OnSite) -> Vec<Body> {
    let view = View {
        site: &on.site,
        origin: &on.shared.origin,
        form: Form::Plain,
    };
    let data = lock(&on.site.data);
    // Without an issue there is little to tell.
    let Some(issue) = data.issues.values().next() else {
        return Vec::new();
    };
    let brief = [
        "summary",
        "issuetype",
        "project",
        "assignee",
        "priority",
        "status",
    ];
    let (whole, short) = (issue.show(view, None), issue.show(view, Some(&brief)));
    let person = User::default_person().account_id;
    let user = view.user(&person);
    let now = date(data::now());
    let comment = json!({
        "self": format!("{}/issue/{}/comment/20001", view.rest(), issue.id), "id": "20001",
        "author": user, "updateAuthor": user, "body": "Heat it again, please.",
        "created": now, "updated": now, "jsdPublic": true,
    });
    let issue_event =
        |kind: &str| json!({ "issue_event_type_name": kind, "user": user, "issue": whole });
    let comment_event = json!({ "comment": comment, "issue": short, "eventType": "primaryAction" });
    let changelog = |from: Option<&str>| {
        let to = &issue.summary;
        json!({ "id": "10102", "items": [{
            "field": "summary", "fieldtype": "jira", "fieldId": "summary",
            "from": from, "fromString": from, "to": to, "toString": to,
        }] })
    };
    let with = |mut body: Value, member: &str, value: Value| {
        body[member] = value;
        body
    };
    let updated = with(
        issue_event("issue_generic"),
        "changelog",
        changelog(Some("Before")),
    );
    let project = &world::PROJECTS[0];
    let sprint = format!("{}/rest/agile/1.0/sprint/1", on.site.base_url);
    vec![
        (
            "attachment_created",
            "attachment_created",
            json!({ "attachment": {
            "self": format!("{}/attachment/10030", view.rest()), "id": "10030",
            "filename": "tea pot.png", "author": user, "created": now, "size": 12_345,
            "mimeType": "image/png", "content": format!("{}/attachment/content/10030", view.rest()),
            "thumbnail": format!("{}/attachment/thumbnail/10030", view.rest()),
        } }),
        ),
        (
            "board_created",
            "board_created",
            json!({ "board": {
            "id": 1, "self": format!("{}/rest/agile/1.0/board/1", on.site.base_url),
            "name": "DEMO board", "type": "scrum",
        } }),
        ),
        ("comment_created", "comment_created", comment_event.clone()),
        ("comment_deleted", "comment_deleted", comment_event.clone()),
        ("comment_updated", "comment_updated", comment_event),
        (
            "issue_property_set",
            "issue_property_set",
            json!({ "property": {
            "issue": { "id": issue.id.to_string(), "key": issue.key },
            "key": "com.example.property", "value": { "a": 1 },
        } }),
        ),
        (
            "issuelink_created",
            "issuelink_created",
            json!({ "issueLink": {
            "id": 10_040, "sourceIssueId": issue.id, "destinationIssueId": issue.id + 1,
            "issueLinkType": { "id": 10_000, "name": "Blocks", "outwardName": "blocks",
                "inwardName": "is blocked by", "isSubTaskLinkType": false, "isSystemLinkType": false },
            "sequence": 0, "systemLink": false,
        } }),
        ),
        (
            "jira:issue_created",
            "jira:issue_created",
            with(issue_event("issue_created"), "changelog", changelog(None)),
        ),
        (
            "jira:issue_deleted",
            "jira:issue_deleted",
            issue_event("issue_deleted"),
        ),
        ("jira:issue_updated", "jira:issue_updated", updated.clone()),
        (
            "jira:issue_updated, by a comment",
            "jira:issue_updated",
            with(issue_event("issue_commented"), "comment", comment),
        ),
        (
            "jira:issue_updated, dynamic",
            "jira:issue_updated",
            with(updated, "matchedWebhookIds", json!([1_001])),
        ),
        (
            "jira:version_released",
            "jira:version_released",
            json!({ "version": {
            "self": format!("{}/version/10050", view.rest()), "id": "10050", "description": "",
            "name": "1.0", "archived": false, "released": true, "overdue": false,
            "userReleaseDate": "01/Jan/26", "projectId": project.id,
        } }),
        ),
        // Here the id is a number, inside of issues it is a text.
        (
            "project_created",
            "project_created",
            json!({ "project": {
            "self": format!("{}/project/{}", view.rest(), project.id), "id": project.id,
            "key": project.key, "name": project.name, "projectLead": user,
            "avatarUrls": avatars(view.origin, project.key),
            "assigneeType": "admin.assignee.type.unassigned",
        } }),
        ),
        (
            "sprint_started",
            "sprint_started",
            json!({
                "sprint": {
                    "id": 1, "self": sprint, "state": "active", "name": "DEMO Sprint 1",
                    "startDate": date_utc(data::now()), "endDate": date_utc(data::now() + TWO_WEEKS),
                    "originBoardId": 1, "goal": "Warm tea",
                },
                "oldValue": {
                    "id": 1, "self": sprint, "state": "future", "name": "DEMO Sprint 1",
                    "originBoardId": 1, "goal": "",
                },
            }),
        ),
        ("user_created", "user_created", json!({ "user": user })),
        // Neither issue nor user: the id of the issue alone.
        (
            "worklog_created",
            "worklog_created",
            json!({ "worklog": {
            "self": format!("{}/issue/{}/worklog/10020", view.rest(), issue.id),
            "author": user, "updateAuthor": user, "comment": "Boiled water", "created": now,
            "updated": now, "started": now, "timeSpent": "20m", "timeSpentSeconds": 1_200,
            "id": "10020", "issueId": issue.id.to_string(),
        } }),
        ),
    ]
}

fn confluence(on: &OnSite) -> Vec<Body> {
    let data = lock(&on.site.data);
    let Some(page) = data.contents.values().next() else {
        return Vec::new();
    };
    let show = |content: &Content| content.show_in_webhook(&on.site, &on.shared.origin, &data);
    let shown = show(page);
    let other = show(data.contents.values().nth(1).unwrap_or(page));
    // What is not on the site, made of the page.
    let like = |id: u64, kind: &str, title: &str| Content {
        id,
        kind: kind.to_owned(),
        title: title.to_owned(),
        container: Some(page.id),
        ..page.clone()
    };
    let with = |mut body: Value, member: &str, value: Value| {
        body[member] = value;
        body
    };
    let comment = show(&like(65_700, "comment", ""));
    let blog = show(&like(65_600, "blogpost", "News"));
    let custom = show(&like(65_900, "ac:com.example.app:recipe", "Green tea"));
    let file = json!({
        "id": 65_800, "fileName": "tea pot.png", "version": 1, "fileSize": 12_345, "comment": "",
        "creatorAccountId": page.author, "lastModifierAccountId": page.author,
        "creationDate": page.created, "modificationDate": page.updated,
        "self": format!("{}/download/attachments/{}/tea%20pot.png", on.site.base_url, page.id),
    });
    let label = label_in_webhook(&on.site, "kitchen");
    let labeled = with(shown.clone(), "labels", json!([{ "name": "kitchen" }]));
    vec![
        (
            "attachment_created",
            "attachment_created",
            json!({ "attachedTo": shown, "attachments": [file] }),
        ),
        ("blog_created", "blog_created", json!({ "blog": blog })),
        (
            "comment_created",
            "comment_created",
            json!({ "comment": comment }),
        ),
        (
            "comment_created, a reply",
            "comment_created",
            json!({ "comment": with(comment.clone(), "inReplyTo", json!({ "id": 65_699 })) }),
        ),
        (
            "content_created",
            "content_created",
            json!({ "content": custom }),
        ),
        (
            "label_added",
            "label_added",
            json!({ "label": label, "labeled": labeled }),
        ),
        ("page_created", "page_created", json!({ "page": shown })),
        (
            "page_moved",
            "page_moved",
            json!({ "page": shown, "oldParent": other, "newParent": other }),
        ),
        ("page_trashed", "page_trashed", json!({ "page": shown })),
        (
            "page_updated",
            "page_updated",
            json!({ "page": shown, "updateTrigger": "edit_page" }),
        ),
        (
            "search_performed",
            "search_performed",
            json!({ "results": 3, "query": "tea", "spaceKeys": [shown["spaceKey"]] }),
        ),
        (
            "space_created",
            "space_created",
            json!({ "space": {
            "key": shown["spaceKey"], "title": "Demonstration", "description": "",
            "isPersonalSpace": false, "homePage": { "id": page.id },
            "creatorAccountId": page.author, "lastModifierAccountId": page.author,
            "creationDate": page.created, "modificationDate": page.updated,
            "self": format!("{}/spaces/{SPACE_KEY}", on.site.base_url),
        } }),
        ),
    ]
}

/// In milliseconds.
const TWO_WEEKS: u64 = 14 * 24 * 3_600 * 1_000;
