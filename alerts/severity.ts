/** From least to most severe; PagerDuty's words. */
export const severities = ['info', 'warning', 'error', 'critical'] as const
export type Severity = (typeof severities)[number]

/** 0 for info to 3 for critical. */
export const rank = (severity: Severity): number => severities.indexOf(severity)

/** What an alert is about. A stream has at most one open alert per kind. */
export const alertKinds = ['record', 'drift', 'feed', 'calibration', 'adaptation'] as const
export type AlertKind = (typeof alertKinds)[number]

/** Whether it is about what detectors saw, and counts against the budget. */
export const isAnomaly = (kind: AlertKind): boolean => kind === 'record' || kind === 'drift'
