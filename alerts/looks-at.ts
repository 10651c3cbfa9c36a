/** What the detectors of pictures look at, for people. */
const looksAt: Readonly<Record<string, string>> = {
  angular: 'content',
  hotelling: 'content',
  corruption: 'image quality',
  'corruption-means': 'image quality',
}

/** In what a picture is unusual, of the detectors that say so: "content and image quality". */
export const unusualIn = (detectors: readonly string[]): string =>
  [...new Set(detectors.map((name) => looksAt[name] ?? name))].sort().join(' and ')
