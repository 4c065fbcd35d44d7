export default {
  test: {
    // Node loads the package, once per worker, as in a user's program; Vite would transform each of its modules.
    server: { deps: { external: [/\/dist\//] } },
  },
}
