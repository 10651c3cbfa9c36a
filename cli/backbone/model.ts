import { InvalidArgumentError, Option } from 'commander'
import { ModelFault } from '../../backbones/model/fault.js'
import { readModel, type SourceModel } from '../../backbones/model/model-file.js'
import { layouts } from '../../backbones/model/picture-input.js'
import { CommandError, unreadable } from '../exit.js'

/** Reads a model for a command. @throws CommandError */
export const modelAt = (file: string): Promise<SourceModel> =>
  readModel(file).catch((error: unknown) => (error instanceof ModelFault ? refused(error) : unreadable(file)(error)))

/** For the `catch` of what a model may be refused by. */
export function refused(error: unknown): never {
  if (error instanceof ModelFault) throw new CommandError('usage', error.message, { cause: error })
  throw error
}

/** Parses `224` or `224x320`, height first. */
export function sizeOf(text: string): [number, number] {
  const match = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text)
  const [height, width] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (height >= 1 && width >= 1) return [height, width]
  throw new InvalidArgumentError('expected pixels such as 224, or height x width such as 224x320')
}

export const namesOf = (text: string): string[] => {
  const names = text.split(',').map((name) => name.trim())
  if (names.every((name) => name !== '')) return names
  throw new InvalidArgumentError('expected names, separated by commas')
}

/** What both commands are told of the input. */
export const inputOption = (): Option => new Option('--input <name>', 'the input that takes pictures; default: the only one with four axes')
export const sizeOption = (): Option =>
  new Option('--size <pixels>', 'height and width (224, or 224x320); default: what the model fixes, else 224').argParser(sizeOf)
export const layoutOption = (): Option =>
  new Option('--layout <layout>', 'where the model has the channels; default: by its axis of 3, else nchw').choices(layouts)
