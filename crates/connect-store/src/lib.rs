//! Where an Atlassian Connect app keeps its tenants.
