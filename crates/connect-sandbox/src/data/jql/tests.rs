//! Queries over the issues of a new site.

use connect_core::Product;

use super::*;

fn keys(jql: &str) -> Option<Vec<String>> {
    let data = Data::seeded(Product::Jira);
    let found = Query::parse(jql)?.select(&data, Some("712020:ada"));
    Some(found.iter().map(|issue| issue.key.clone()).collect())
}

#[test]
fn queries_find_what_they_say() {
    for (jql, expected) in [
        ("", "DEMO-1 DEMO-2 PLAN-1 PLAN-2 OPS-1"),
        ("project = DEMO", "DEMO-1 DEMO-2"),
        ("project = 'Planning' and key != PLAN-1", "PLAN-2"),
        (
            "project in (OPS, PLAN) ORDER BY key DESC",
            "OPS-1 PLAN-2 PLAN-1",
        ),
        ("key = demo-2 or issue = OPS-1", "DEMO-2 OPS-1"),
        ("NOT (project = DEMO OR project = PLAN)", "OPS-1"),
        ("summary ~ \"disk\"", "OPS-1"),
        ("text ~ tomorrow and project = DEMO", "DEMO-1"),
        ("labels is EMPTY", "DEMO-2 PLAN-2"),
        ("labels is not empty and status = Done", "PLAN-1"),
        ("assignee = currentUser()", "DEMO-1 OPS-1"),
        (
            "assignee not in (currentUser(), 712020:grace) order by created",
            "PLAN-1 PLAN-2",
        ),
    ] {
        let found = keys(jql).unwrap_or_else(|| panic!("{jql} is not understood"));
        assert_eq!(found.join(" "), expected, "{jql}");
    }
}

#[test]
fn moments_are_compared() {
    // The day after the site was founded: one issue an hour, from midnight.
    let now = 1_767_225_600_000 + 86_400_000;
    let mut data = Data::seeded(Product::Jira);
    let done = data.issue_mut("PLAN-1").unwrap();
    done.other.insert("duedate".to_owned(), "2026-01-31".into());
    let all = "DEMO-1 DEMO-2 PLAN-1 PLAN-2 OPS-1";
    for (jql, expected) in [
        ("created >= -1d", all),
        ("created > -1d", "DEMO-2 PLAN-1 PLAN-2 OPS-1"),
        ("created < startOfDay()", all),
        ("created >= startOfDay()", ""),
        (
            "created >= startOfDay(-1) and created < \"2026-01-01 02:00\"",
            "DEMO-1 DEMO-2",
        ),
        ("created = 2026-01-01", "DEMO-1"),
        ("createdDate != '2026/01/01'", "DEMO-2 PLAN-1 PLAN-2 OPS-1"),
        (
            "updated <= endOfYear() order by updated desc",
            "OPS-1 PLAN-2 PLAN-1 DEMO-2 DEMO-1",
        ),
        ("due <= 30d", "PLAN-1"),
        ("due is empty", "DEMO-1 DEMO-2 PLAN-2 OPS-1"),
        ("due is not empty", "PLAN-1"),
        ("due != 2026-01-30", "PLAN-1"),
        (
            "order by due desc, key desc",
            "PLAN-1 OPS-1 PLAN-2 DEMO-2 DEMO-1",
        ),
        ("resolution = Unresolved and project = PLAN", "PLAN-2"),
        ("resolution != Unresolved", "PLAN-1"),
        (
            "resolution is empty and statusCategory = indeterminate",
            "DEMO-2 OPS-1",
        ),
        ("statusCategory = 'To Do'", "DEMO-1 PLAN-2"),
        ("resolved is not empty", "PLAN-1"),
        // An empty field is neither of two.
        ("labels != sandbox", ""),
    ] {
        let query = Query::parse_at(jql, now);
        let query = query.unwrap_or_else(|| panic!("{jql} is not understood"));
        let found = query.select(&data, None);
        let found: Vec<&str> = found.iter().map(|issue| issue.key.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{jql}");
    }
    let moved = data.issue_mut("DEMO-1").unwrap();
    moved.move_to(&crate::data::jira::STATUSES[2], 1_767_225_600_000);
    let query = Query::parse_at("resolved >= -1d", now).unwrap();
    assert_eq!(query.select(&data, None).len(), 2);
}

#[test]
fn what_is_not_known_is_refused_as_a_whole() {
    for jql in [
        "sprint = 1",
        "project = DEMO and sprint = 1",
        "created > yesterday",
        "created ~ 2026",
        "created in (-1d)",
        "created > startOfSprint()",
        "created >",
        "due = (",
        "summary > a",
        "project =",
        "project = DEMO)",
        "key in ()",
        "assignee = membersOf(x)",
        "summary ~ \"a",
        "order by rank",
        &"(".repeat(10_000),
    ] {
        assert!(keys(jql).is_none(), "{jql}");
    }
}
