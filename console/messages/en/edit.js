// Which words stand under a form of something that is changed?
// Save, discard, and the two versions when somebody else saved meanwhile.
export const words = {
  saved: 'Saved. It takes effect within 5 seconds.', discard: 'Discard changes', nothing: 'Nothing is changed.',
  conflict: 'Somebody else saved this after you opened it. Nothing of yours is lost: choose what counts.', setting: 'Setting', theirs: 'Saved meanwhile', yours: 'Yours', keepYours: 'Save yours', takeTheirs: 'Take what was saved', unchanged: 'as before', onlyTheirs: 'What they changed and you did not is kept as they saved it.',
};
