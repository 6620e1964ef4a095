import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'

// Which way imports may run. Each zone names what it must not see, and why.
const zone = (files, patterns) => ({
  files,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
})
const ban = (group, message, allowTypeImports = true) => ({ group, message, allowTypeImports })

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'test-results/', 'src/api/schema.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...vue.configs['flat/essential'],
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.vue'], sourceType: 'module' },
    },
    rules: {
      // vue-tsc knows the types, and reports undefined names better than eslint can.
      'no-undef': 'off',
      'no-console': ['error', { allow: ['warn', 'error'] }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-dynamic-delete': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': 'error',
      'vue/no-v-html': 'error',
      'vue/no-unused-refs': 'error',
      'vue/no-useless-v-bind': 'error',
      'vue/eqeqeq': ['error', 'always', { null: 'ignore' }],
    },
  },
  zone(
    ['src/lib/**'],
    [
      ban(
        ['vue', 'vue-*', 'pinia', 'element-plus*', 'socket.io-client', 'maplibre-gl'],
        'lib is pure: no framework',
        false,
      ),
      ban(
        [
          '@/stores/*',
          '@/realtime/*',
          '@/features/**',
          '@/components/*',
          '@/shell/*',
          '@/map/**',
          '@/i18n',
          '@/i18n/*',
          '@/api/client',
          '@/api/endpoints',
        ],
        'lib is pure: data in, data out',
      ),
    ],
  ),
  zone(
    ['src/components/**'],
    [
      ban(
        [
          '@/stores/*',
          '@/realtime/*',
          '@/api/*',
          '@/features/**',
          '@/shell/*',
          '@/map/**',
          'pinia',
          'vue-router',
        ],
        'components are dumb: props in, events out',
      ),
    ],
  ),
  zone(
    ['src/api/**', 'src/realtime/**'],
    [
      ban(
        ['@/stores/*', '@/features/**', '@/components/*', '@/shell/*', '@/map/**', 'vue', 'pinia'],
        'the wire knows no screen',
      ),
    ],
  ),
  zone(
    ['src/stores/**'],
    [
      ban(
        ['@/features/**', '@/components/*', '@/shell/*', '@/map/**', 'element-plus*'],
        'stores know no screen',
      ),
    ],
  ),
  zone(
    ['src/map/**'],
    [ban(['@/features/**', '@/shell/*'], 'the map is used by desks, it does not know them')],
  ),
)
