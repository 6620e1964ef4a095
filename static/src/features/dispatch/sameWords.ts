import type { DispatchChannel, PreviewRecipient } from '@/api/types'

export interface Words extends Omit<PreviewRecipient, 'name' | 'address'> {
  /** Everyone who gets exactly these words over this channel. */
  to: { name: string; address: string }[]
}

/** Puts together those who receive the very same text, so that it is read once; the order is kept. */
export function sameWords(recipients: readonly PreviewRecipient[]): Words[] {
  const groups = new Map<string, Words>()
  for (const { name, address, ...rest } of recipients) {
    const { target, channel, text, blocked, held } = rest
    const key = JSON.stringify([target.kind, target.id, channel, text, blocked, held])
    const group = groups.get(key) ?? { ...rest, to: [] }
    if (name || address) group.to.push({ name, address })
    groups.set(key, group)
  }
  return [...groups.values()]
}

export interface Total {
  messages: number
  /** Parts of texts and pages of faxes, which are paid for; 0 where the channel has none. */
  pages: number
}

/** How much leaves at once, by channel in the order of the messages; what is blocked or held does not. */
export function totals(recipients: readonly PreviewRecipient[]): Map<DispatchChannel, Total> {
  const found = new Map<DispatchChannel, Total>()
  for (const { channel, pages, blocked, held } of recipients) {
    if (blocked || held) continue
    const { messages, pages: before } = found.get(channel) ?? { messages: 0, pages: 0 }
    found.set(channel, { messages: messages + 1, pages: before + (pages ?? 0) })
  }
  return found
}
