export default { hotline: '', staff: '' }
