import type { AdaptationFinding } from '../calibration/slow-copy.js'
import { distanceGrade } from './grade.js'
import type { Observation, Position } from './lifecycle.js'
import type { Severity } from './severity.js'

/** It ends at this part of the distance that opens it. */
const BACK = 0.5

/** What the stream's alert about adaptation hears of a step: it is open while the copy is too far from what was fitted. */
export function adaptationObserved({ distance }: AdaptationFinding, farthest: number, at: Position): Observation {
  return {
    cause: 'adapted_far',
    outcome: distance >= farthest ? 'opened' : distance < BACK * farthest ? 'cleared' : 'waiting',
    grade: distanceGrade(severityOf(distance / farthest)),
    at,
    detectors: [],
    records: [],
  }
}

const severityOf = (times: number): Severity => (times >= 4 ? 'error' : times >= 2 ? 'warning' : 'info')
