export const CASE_SOURCE = 'cc-cases'
export const UNIT_SOURCE = 'cc-units'
