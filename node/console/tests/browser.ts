// What a browser gives to modules as they are loaded: imported before them.
Object.assign(globalThis, {
  localStorage: { getItem: () => null, setItem: () => undefined },
  document: { documentElement: { dataset: {} }, addEventListener: () => undefined, hidden: false },
  location: { pathname: "/map", search: "", origin: "https://127.0.0.1" },
  ...("navigator" in globalThis ? {} : { navigator: { language: "zh-CN" } }),
});
