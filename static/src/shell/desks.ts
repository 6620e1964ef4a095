/** Every desk of the house, in the order of its menu. */
export const DESKS = [
  'desk',
  'dispatch',
  'cases',
  'cockpit',
  'duty',
  'policies',
  'field',
  'persons',
  'archive',
  'audit',
  'admin',
] as const
