import { access } from 'node:fs/promises'

/** SwiftShader, a Vulkan driver that computes on the processor, as Debian's chromium brings it. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json'
const loader = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1'

const vulkan = (path: string) => ({ VK_DRIVER_FILES: path, VK_ICD_FILENAMES: path, XDG_RUNTIME_DIR: '/tmp' })

/** An environment in which a process finds no device for WebGPU. */
export const withoutDevice = vulkan('/nowhere.json')

/**
 * The environment in which a process has WebGPU, on a machine without a GPU too, or why there is none. The tests give it to processes
 * of their own. On CI (`CI` is set) it must be there.
 */
export async function webgpuOrSkip(): Promise<{ readonly env: Readonly<Record<string, string>>; readonly skip?: string }> {
  for (const file of [driver, loader]) {
    try {
      await access(file)
    } catch {
      const skip = `no WebGPU without a GPU: there is no ${file} (Debian: chromium, libvulkan1)`
      if (process.env.CI) throw new Error(skip)
      return { env: {}, skip }
    }
  }
  return { env: vulkan(driver) }
}
