import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** Element types by their numbers in onnx.proto (TensorProto.DataType). */
const elementTypes = { float32: 1, int64: 7, float64: 11 } as const
export type ElementType = keyof typeof elementTypes

/** Sizes of a tensor; a name stands for a size that varies from run to run. */
export type Shape = readonly (number | string)[]
/** Whole numbers and lists of them are all that the operators used here take. */
export type Attributes = Readonly<Record<string, number | readonly number[]>>
type Constant = Float32Array | Float64Array | BigInt64Array

const IR_VERSION = 8
const OPSET = 17
const INT = 2
const INTS = 7

type Write = (writer: BinaryWriter) => void

/**
 * Writes an ONNX model, node by node in the order of evaluation. Values are named by strings; field numbers are those of onnx.proto.
 * The model runs on opset 17 with IR version 8.
 */
export class GraphBuilder {
  readonly #nodes: Write[] = []
  readonly #initializers: Write[] = []
  readonly #inputs: Write[] = []
  readonly #outputs: Write[] = []
  #values = 0

  /** Declares an input of the model. Returns its name. */
  input(name: string, type: ElementType, shape: Shape): string {
    this.#inputs.push(valueInfo(name, type, shape))
    return name
  }

  /** Declares a value as an output of the model. */
  output(name: string, type: ElementType, shape: Shape): void {
    this.#outputs.push(valueInfo(name, type, shape))
  }

  /** Stores a constant tensor (row-major) in the model. Returns its name. */
  constant(shape: readonly number[], data: Constant): string {
    const name = this.#fresh('constant')
    this.#initializers.push((writer) => {
      for (const size of shape) writer.tag(1, WireType.Varint).int64(size)
      writer.tag(2, WireType.Varint).int32(elementTypes[elementType(data)])
      writer.tag(8, WireType.LengthDelimited).string(name)
      writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    })
    return name
  }

  /** Appends an operator. Returns the name of its output (of the only one, or of output `index`, the others unused); `name` if given. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}, name: string = this.#fresh(operator), index = 0): string {
    this.#nodes.push((writer) => {
      for (const input of inputs) writer.tag(1, WireType.LengthDelimited).string(input)
      for (let i = 0; i < index; i++) writer.tag(2, WireType.LengthDelimited).string(this.#fresh('unused'))
      writer.tag(2, WireType.LengthDelimited).string(name)
      writer.tag(4, WireType.LengthDelimited).string(operator)
      for (const [key, value] of Object.entries(attributes)) message(writer, 5, attribute(key, value))
    })
    return name
  }

  /** The model's bytes (a serialised ModelProto). */
  build(): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter()
    writer.tag(1, WireType.Varint).int64(IR_VERSION)
    writer.tag(2, WireType.LengthDelimited).string('driftwatch')
    message(writer, 7, (graph) => {
      for (const node of this.#nodes) message(graph, 1, node)
      graph.tag(2, WireType.LengthDelimited).string('driftwatch')
      for (const initializer of this.#initializers) message(graph, 5, initializer)
      for (const input of this.#inputs) message(graph, 11, input)
      for (const output of this.#outputs) message(graph, 12, output)
    })
    message(writer, 8, (opset) => opset.tag(2, WireType.Varint).int64(OPSET))
    return writer.finish()
  }

  #fresh(stem: string): string {
    return `${stem}_${this.#values++}`
  }
}

const message = (writer: BinaryWriter, field: number, write: Write): void => {
  writer.tag(field, WireType.LengthDelimited).fork()
  write(writer)
  writer.join()
}

const elementType = (data: Constant): ElementType =>
  data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int64'

/** ValueInfoProto: name and tensor type with its shape. */
const valueInfo =
  (name: string, type: ElementType, shape: Shape): Write =>
  (writer) => {
    writer.tag(1, WireType.LengthDelimited).string(name)
    message(writer, 2, (typeProto) =>
      message(typeProto, 1, (tensorType) => {
        tensorType.tag(1, WireType.Varint).int32(elementTypes[type])
        message(tensorType, 2, (shapeProto) => {
          for (const size of shape) message(shapeProto, 1, dimension(size))
        })
      }),
    )
  }

const dimension =
  (size: number | string): Write =>
  (writer) =>
    typeof size === 'number' ? writer.tag(1, WireType.Varint).int64(size) : writer.tag(2, WireType.LengthDelimited).string(size)

/** AttributeProto: a whole number or a list of them. */
const attribute =
  (name: string, value: number | readonly number[]): Write =>
  (writer) => {
    writer.tag(1, WireType.LengthDelimited).string(name)
    if (typeof value === 'number') writer.tag(3, WireType.Varint).int64(value)
    else for (const item of value) writer.tag(8, WireType.Varint).int64(item)
    writer.tag(20, WireType.Varint).int32(typeof value === 'number' ? INT : INTS)
  }
