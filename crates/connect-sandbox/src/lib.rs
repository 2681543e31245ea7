//! An offline Atlassian host: installs apps, signs requests, explains refusals.
