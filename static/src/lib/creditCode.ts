const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** Whether an 18-character unified social credit code bears its right check character (GB 32100-2015). */
export function isCreditCode(text: string): boolean {
  const code = text.trim().toUpperCase()
  if (code.length !== 18) return false
  let sum = 0
  let weight = 1
  for (const letter of code.slice(0, 17)) {
    const value = ALPHABET.indexOf(letter)
    if (value < 0) return false
    sum += value * weight
    weight = (weight * 3) % 31
  }
  return ALPHABET[(31 - (sum % 31)) % 31] === code[17]
}
