import { standardisedOf, type WindowDetector, type WindowSums } from './detector.js'
import { type Energies, energiesFromFitted, energiesGraph, energiesOf, energiesToTensors, fitEnergies } from './energies.js'
import { weight } from './hotelling.js'
import { logGraph } from './log-graph.js'
import type { GraphBuilder } from './onnx-graph.js'
import { rootTimes } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'

/** Energies below this part of the reference's mean count as it: logarithms stay finite. */
const LEAST = 1e-6

/** A mean of energies whose logarithm is compared with the reference's. */
interface Mean {
  /** What is summed up of a record's energies. */
  of(energies: Float64Array): Float64Array
  graph(builder: GraphBuilder, energies: string): string
  /** The logarithm of the mean, of the mean of what was summed up. */
  logarithm(mean: number): number
}

const log = (value: number): number => Math.log(Math.max(LEAST, value))

const quadratic: Mean = { of: (energies) => energies, graph: (_, energies) => energies, logarithm: log }

const geometric: Mean = {
  of: (energies) => energies.map(log),
  graph: (builder, energies) => logGraph(builder, builder.node('Max', [energies, builder.constant([], Float32Array.of(LEAST))])),
  logarithm: (mean) => mean,
}

/**
 * sqrt(b m / (b + m)) times the mean over features of |ln(live / reference)|, of a mean of their squares about zero over a window of m
 * records and over the b rows of the bank.
 */
const meanDrift = (name: string, title: string, { of, graph, logarithm }: Mean): WindowDetector => {
  const changes = (fitted: Fitted, { own, m }: WindowSums): Float64Array => {
    const usual = tensorData(fitted.tensors, 'usual', own.length)
    const part = Math.sqrt(weight(scalarNumber(fitted.scalars, 'bank'), m)) / own.length
    return own.map((sum, c) => part * Math.abs(logarithm(sum / m) - usual[c]))
  }
  return {
    name,
    title,
    kind: 'window',
    usesBank: true,
    fit: async (reference) => {
      const energies = fitEnergies(reference)
      const { m, rows } = reference.bank
      const sums = new Float64Array(energies.first.length)
      for (let i = 0, d = reference.whitening.d; i < m; i++) {
        of(energiesOf(energies, rows.subarray(i * d, (i + 1) * d))).forEach((value, c) => {
          sums[c] += value
        })
      }
      const usual = { shape: [sums.length], data: sums.map((sum) => logarithm(sum / m)) }
      return { scalars: { bank: m }, tensors: { ...energiesToTensors(energies), usual } }
    },
    statistics: (fitted) => {
      const energies: Energies = energiesFromFitted(fitted)
      return {
        width: energies.first.length,
        graph: (builder, inputs) => graph(builder, energiesGraph(energies, builder, inputs)),
        of: (_, beside) => of(energiesOf(energies, standardisedOf(beside))),
      }
    },
    score: (fitted, sums) => changes(fitted, sums).reduce((total, change) => total + change, 0),
    explain: (fitted, { d, root }, sums) => {
      const { first, second } = energiesFromFitted(fitted)
      const shares = new Float64Array(d)
      // A channel's mean and spread are one energy.
      changes(fitted, sums).forEach((change, c) => {
        shares[first[c]] += change / 2
        shares[second[c]] += change / 2
      })
      return Array.from(rootTimes(root, sums.z), (sum, index) => ({ index, share: shares[index], sigma: sum / sums.m }))
    },
  }
}

/** After PowerNorm (Shen et al. 2020), which normalises by quadratic means alone. */
export const quadraticMean = meanDrift(
  'quadratic-mean',
  'Windows in which features are larger or smaller, in magnitude, than in the reference: one number per feature, calm in short windows.',
  quadratic,
)

/** After Unified Normalization (Yang et al. 2022), which leaves outliers out and takes the geometric mean. */
export const geometricMean = meanDrift(
  'geometric-mean',
  'The same by geometric means: single records that are far out hardly count, a change of all of them does.',
  geometric,
)
