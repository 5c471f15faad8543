//! How soon does a newcomer see a delivery?
//! Onboarding by the keyboard alone, in an empty workspace, timed.
