import type { BundleFiles } from '../../../references/manifest.js'

/** Tricks on a bundle, made from a real one; the fuzzer puts the hash right. */
export function bundleCorpus({ manifest, tensors }: BundleFiles): readonly BundleFiles[] {
  const content = JSON.parse(manifest)
  const { calibration, detectors, golden, whitening } = content
  const withContent = (changes: object): BundleFiles => ({ manifest: JSON.stringify({ ...content, ...changes }), tensors })
  const joined = Object.keys(detectors).join()
  return [
    { manifest: '', tensors },
    { manifest: 'null', tensors },
    { manifest, tensors: Buffer.alloc(0) },
    { manifest, tensors: Buffer.alloc(8, 0xff) },
    { manifest: `{"format":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, tensors },
    { manifest: `{"version":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, tensors },
    { manifest: JSON.stringify({ format: 'x'.repeat(1_000_000) }), tensors },
    withContent({ version: 'x'.repeat(1_000_000) }),
    withContent({ features: Array(1_000_000).fill(1) }),
    withContent({ features: Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i])) }),
    withContent({ constant: Array(1_000_000).fill([]) }),
    withContent({
      detectors: {},
      golden: { ...golden, expected: {} },
      calibration: { ...calibration, maps: {}, quantiles: {}, evaluations: {} },
    }),
    withContent({ calibration: { ...calibration, maps: { [joined]: calibration.combined } } }),
    withContent({ calibration: { ...calibration, evaluations: { [joined]: 1 } } }),
    withContent({
      calibration: { ...calibration, evaluations: Object.fromEntries(Object.keys(detectors).map((name) => [name, 2 ** 53 - 1])) },
    }),
    withContent({ calibration: { ...calibration, spanDays: 1e-308 } }),
    withContent({ calibration: { ...calibration, spanDays: 1e308 } }),
    withContent({ golden: { ...golden, expected: { toString: golden.inputs } } }),
    withContent({ golden: { ...golden, expected: JSON.parse('{"__proto__":{"tensor":"golden.inputs"}}') } }),
    withContent({ golden: { ...golden, expected: {} } }),
    withContent({ golden: { ...golden, tolerance: 1e308 } }),
    withContent({ detectors: { ...detectors, hotelling: { scalars: {}, tensors: {} } } }),
    withContent({ detectors: { ...detectors, hotelling: { scalars: { n: -64 }, tensors: {} } } }),
    withContent({ detectors: { ...detectors, 'x"; process.exit(1)': { scalars: {}, tensors: {} } } }),
    withContent({ whitening: { ...whitening, scalars: { ...whitening.scalars, n: 'many' } } }),
    withContent({ whitening: { ...whitening, tensors: { ...whitening.tensors, lower: { tensor: '../../etc/passwd' } } } }),
    withContent({ bank: null }),
    withContent({ bank: { m: 2 ** 52, rows: { tensor: 'golden.inputs' } } }),
    withContent({ provenance: { ...content.provenance, parts: [{ version: joined, source: joined, rows: 0 }] } }),
    withContent({ logic: { ...content.logic, window: { size: 2 ** 52, hop: 1 } } }),
    withContent(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')),
  ]
}
