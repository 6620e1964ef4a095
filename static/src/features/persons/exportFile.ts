import type { ExportedCase } from '@/api/archive'

/** Gives the file that the person takes along: what the server told, when and for what reason. */
export function exportText(cases: readonly ExportedCase[], at: string, reason: string): string {
  return `${JSON.stringify({ format: 'command-center-person', version: 1, exported_at: at, reason, cases }, null, 2)}\n`
}

/** Hands the file to the browser's own way of saving. */
export function saveExport(cases: readonly ExportedCase[], at: string, reason: string): void {
  const url = URL.createObjectURL(new Blob([exportText(cases, at, reason)], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), {
    href: url,
    // No case number: a file's name is seen where the file is not.
    download: `personal-data-${at.slice(0, 10)}.json`,
  })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 0)
}
