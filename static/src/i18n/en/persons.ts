export default {
  tabs: { search: 'Phone among informants', export: "A person's data" },
  number: 'Phone number',
  noteHint: "Neither the number nor anybody's identity.",
  searchWarning:
    'Every search is written to a log that cannot be changed, and rings at once with commanders and the auditor. Each report found is recorded as a reveal.',
  searchGo: 'Search and record it',
  searchPrompt: 'Give the number and a reason.',
  searchHint:
    'Informants only, not complainants or askers; your jurisdiction only. Neither number nor result is kept on this machine.',
  searchHidden: 'The result is hidden.',
  searchNone: 'No informant in your jurisdiction has this phone.',
  searchNoneHint: 'The search is recorded and the alert has gone out.',
  searchFound: '{n} reports whose informant has this phone',
  searchLogged:
    'Each is recorded as a reveal. It says that the phone fits and no more; the rest of an identity opens in its case, for a reason of its own.',
  exportWarning:
    'Only for the person themselves, who is here and shows a case number with its query code. Recorded case by case; each report among them is recorded and counted as a reveal.',
  exportGo: 'Export and record it',
  firstProof: "One of the person's cases",
  furtherProof: 'Another case',
  addProof: 'Add a case',
  addProofHint: 'No other case leads to a report: each needs its own code.',
  removeProof: 'Remove',
  reasons: {
    access: 'Access and copy (PIPL art. 45)',
    portability: 'Portability (art. 45 para. 3)',
    correction: 'Correction (art. 46)',
  },
  exportPrompt: 'Give number, query code and a reason.',
  exportHint:
    'Complaints and consultations of the same name and phone come along. It stays on this page for ten minutes and goes when you leave.',
  exportFound: '{n} cases',
  exportReports: '{n} reports among them, recorded as reveals',
  save: 'Save file (JSON)',
  received: 'received {time}',
  closed: 'closed {time}',
  nobody: 'No identity was kept.',
  ownWords: 'Own words',
}
