import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { setCsrf } from '@/api/client'
import { session as api } from '@/api/endpoints'
import { isApiError } from '@/api/errors'
import { forget, lastKnown, openShelf, type Known } from '@/lib/phone'
import { hush } from '@/lib/worker'
import type { Challenged, Id, Me, Proof } from '@/api/types'

/** Clears what this phone keeps of others; a browser without a database keeps nothing. */
async function clear(drawer: 'known' | 'drafts', except: Id | null): Promise<void> {
  await openShelf<Known>(drawer).then(
    (shelf) => forget(shelf, except),
    () => undefined,
  )
}

export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  /** Whether the server has been asked yet who is signed in. */
  const known = ref(false)
  /** The server no longer knows this session; the page stays, so that no typed word is lost. */
  const expired = ref(false)
  /** Who it is stands on this phone only: the server has not been reached since the page opened. */
  const recalled = ref(false)

  const signedIn = computed(() => me.value !== null)
  const permissions = computed(() => new Set(me.value?.permissions ?? []))

  function may(permission: string): boolean {
    return permissions.value.has(permission)
  }

  function set(value: Me | null): void {
    me.value = value
    known.value = true
    expired.value = recalled.value = false
    void clear('known', value?.id ?? null)
    if (value) void clear('drafts', value.id)
    setCsrf(value?.csrf ?? '')
  }

  /** Asks who is signed in; null when nobody is. Raises ApiError when the server is away. */
  async function load(): Promise<Me | null> {
    try {
      set(await api.me())
    } catch (error) {
      if (!isApiError(error) || error.status !== 401) throw error
      set(null)
    }
    return me.value
  }

  /** Without network: whoever this phone knew last. What they say waits until the server knows them. */
  async function recall(): Promise<Known | null> {
    const shelf = await openShelf<Known>('known').catch(() => null)
    const last = shelf && (await lastKnown(shelf, Date.now()))
    if (last) [me.value, known.value, recalled.value] = [last.me, true, true]
    return last
  }

  /** Gives null once signed in, or what the second step may be. */
  async function signIn(account: string, password: string): Promise<Challenged | null> {
    const answer = await api.signIn(account, password)
    if (!('csrf' in answer)) return answer
    set(answer)
    return null
  }

  async function second(code: string, trust: boolean): Promise<void> {
    set(await api.second(code, trust))
  }

  /** A fresh proof of who is sitting here. */
  async function confirm(proof: Proof): Promise<void> {
    set(await api.confirm(proof))
  }

  /** Ends the session and loads the page afresh: nothing of this person stays in memory. */
  async function signOut(): Promise<void> {
    await api.signOut().catch(() => undefined)
    await hush().catch(() => undefined)
    sessionStorage.clear()
    await Promise.all([clear('known', null), clear('drafts', null)])
    window.location.assign('/login')
  }

  function expire(): void {
    expired.value = signedIn.value
    void clear('known', null)
  }

  return {
    me,
    known,
    expired,
    recalled,
    signedIn,
    permissions,
    may,
    set,
    load,
    recall,
    signIn,
    second,
    confirm,
    signOut,
    expire,
  }
})
