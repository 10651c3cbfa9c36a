const DIGITS = 6
/** Far above any score, and finite after rounding. */
const LARGEST = 1e300

/** To six significant digits, in a form that JSON keeps: a ratio that overflowed becomes a huge number, minus zero becomes zero. */
export const rounded = (x: number): number => Number(Math.min(Math.max(x, -LARGEST), LARGEST).toPrecision(DIGITS))
