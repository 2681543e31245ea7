//! Authentication for Atlassian Connect apps: JWT, query string hash, tenants, lifecycle decisions; pure, no I/O.
