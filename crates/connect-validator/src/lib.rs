//! Checks Atlassian Connect descriptors: every finding at its line, with its fix.
