export const CASE_SOURCE = 'cc-cases'
export const MARK_SOURCE = 'cc-marks'
export const UNIT_SOURCE = 'cc-units'
