// Which words stand under a form of something that is changed?
// Save, discard, and the two versions when somebody else saved meanwhile.
export const words = {
  saved: 'Saved. It takes effect within 5 seconds.', discard: 'Discard changes', nothing: 'Nothing has changed.',
  conflict: 'Somebody else saved this after you opened it. Nothing of yours is lost: choose which to keep.', setting: 'Setting', theirs: 'Theirs', yours: 'Yours', keepYours: 'Save yours', takeTheirs: 'Use theirs', unchanged: 'unchanged', onlyTheirs: 'Saving yours keeps what only they changed.',
};
