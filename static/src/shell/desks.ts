/** Every desk of the house, in the order of its menu. */
export const DESKS = [
  'desk',
  'dispatch',
  'cases',
  'cockpit',
  'policies',
  'field',
  'persons',
  'archive',
  'audit',
  'admin',
] as const
