//! The axum runtime of an Atlassian Connect app: verified requests in, signed calls out.
