export default {
  title: 'Sign in',
  go: 'Sign in',
  busy: 'Signing in',
  notice: "Authorised staff only. Seeing an informant's identity needs a reason, and every look is recorded.",
  public: 'For the public: complain, report, query',
  demoTitle: 'Demo accounts',
  demoText: 'Choose one to fill it in. Each stands for one desk.',
  againTitle: 'You have been signed out',
  againText: '{name}, please enter your password again. What you typed is still on the page.',
  other: 'Use another account',
}
