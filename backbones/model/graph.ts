import { clone, create } from '@bufbuild/protobuf'
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type StringStringEntryProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx_pb.js'

/** Graphs inside of a node: branches, bodies of loops. */
const subgraphs = (node: NodeProto): GraphProto[] => node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]))

/** Every tensor stored in a graph, those of its subgraphs too. */
export function* tensorsOf(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer
  for (const { values, indices } of graph.sparseInitializer) for (const tensor of [values, indices]) if (tensor !== undefined) yield tensor
  for (const node of graph.node) {
    for (const { t, tensors } of node.attribute) yield* t === undefined ? tensors : [t, ...tensors]
    for (const inner of subgraphs(node)) yield* tensorsOf(inner)
  }
}

/** Names of all values that a node reads; its subgraphs may read those of the graph around them. */
function valuesRead(node: NodeProto): string[] {
  const inner = subgraphs(node).flatMap((graph) => [...graph.node.flatMap(valuesRead), ...graph.output.map(({ name }) => name)])
  return [...node.input, ...inner]
}

/** Names of the tensors that are stored in the graph. */
const stored = (graph: GraphProto): Set<string> =>
  new Set([...graph.initializer.map(({ name }) => name), ...graph.sparseInitializer.map(({ values }) => values?.name ?? '')])

/** What a run has to feed: before IR version 4, stored tensors were listed among the inputs too. */
export function feeds(graph: GraphProto): ValueInfoProto[] {
  const names = stored(graph)
  return graph.input.filter(({ name }) => !names.has(name))
}

/** The values that depend on a value, itself included. */
export function dependents(graph: GraphProto, on: string): Set<string> {
  const values = new Set([on])
  for (const node of graph.node) if (valuesRead(node).some((name) => values.has(name))) for (const output of node.output) values.add(output)
  values.delete('')
  return values
}

/** The part of a graph that computes some values: nodes that nothing needs are left out, and what only they read. */
export function computing(graph: GraphProto, values: readonly string[]): GraphProto {
  const wanted = new Set(values)
  const nodes = graph.node.toReversed().filter((node) => {
    if (!node.output.some((name) => wanted.has(name))) return false
    for (const name of valuesRead(node)) wanted.add(name)
    return true
  })
  return changed(graph, {
    node: nodes.reverse(),
    initializer: graph.initializer.filter(({ name }) => wanted.has(name)),
    sparseInitializer: graph.sparseInitializer.filter(({ values }) => wanted.has(values?.name ?? '')),
    input: graph.input.filter(({ name }) => wanted.has(name)),
  })
}

type Parts = Pick<GraphProto, 'node' | 'initializer' | 'sparseInitializer' | 'input' | 'output'>

/**
 * A graph with other parts. The shapes noted for its inner values go: they are of the old inputs, and ONNX Runtime infers them again. Messages
 * are shared with the old graph, weights are not copied.
 */
export function changed(graph: GraphProto, parts: Partial<Parts>): GraphProto {
  const { name, node, initializer, sparseInitializer, input, output, metadataProps, $unknown = [] } = graph
  const made = create(GraphProtoSchema, { name, node, initializer, sparseInitializer, input, output, metadataProps, ...parts })
  made.$unknown = [...$unknown]
  return made
}

/** A model with another graph and more metadata. */
export function withGraph(model: ModelProto, graph: GraphProto, metadata: readonly StringStringEntryProto[] = []): ModelProto {
  const { irVersion, opsetImport, producerName, producerVersion, domain, modelVersion, functions, metadataProps, $unknown = [] } = model
  const made = create(ModelProtoSchema, { irVersion, opsetImport, producerName, producerVersion, domain, modelVersion, functions })
  made.graph = graph
  made.metadataProps = [...metadataProps, ...metadata]
  made.$unknown = [...$unknown]
  return made
}

/** Names that stand for stored tensors or stand inside of subgraphs: those that `renamed` cannot change. */
export const fixedNames = (graph: GraphProto): Set<string> => {
  const inner = graph.node.flatMap(subgraphs).flatMap(({ node }) => node.flatMap((one) => [...valuesRead(one), ...one.output]))
  return new Set([...stored(graph), ...inner])
}

/** Nodes whose values have other names: `rename` gives the new one. */
export const renamed = (nodes: readonly NodeProto[], rename: (name: string) => string): NodeProto[] =>
  nodes.map((node) => {
    if ([...node.input, ...node.output].every((name) => rename(name) === name)) return node
    const copy = clone(NodeProtoSchema, node)
    copy.input = node.input.map(rename)
    copy.output = node.output.map(rename)
    return copy
  })
