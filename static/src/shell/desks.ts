/** Every desk of the house, in the order of its menu. */
export const DESKS = [
  'desk',
  'dispatch',
  'cases',
  'cockpit',
  'supervision',
  'duty',
  'policies',
  'field',
  'persons',
  'archive',
  'audit',
  'admin',
] as const
