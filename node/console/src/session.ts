// Who is logged in here, and how the console looks to him.
import { signal } from "@preact/signals";
import { call, get, loggedIn, post, Problem } from "./api";

export interface Person { name: string; roles: string[] }

export const person = signal<Person | null>(null);

export const may = (role: string): boolean => person.value?.roles.includes(role) === true;

/** Where somebody begins: with what waits for him. */
export function startOf(roles: string[]): string {
  return roles.includes("maker") || roles.includes("checker") ? "/work"
    : roles.includes("auditor") && !roles.includes("admin") ? "/money/" : "/map";
}

export async function login(name: string, password: string): Promise<void> {
  const before = person.value?.name;
  await call("POST", "/login", { body: { name, password }, waits: false });
  await whoAmI();
  if (before !== undefined && before !== person.value?.name) {
    location.assign("/"); // what waits was asked by another
    return;
  }
  loggedIn();
}

/** His name and roles, as the node knows them: of every page of this browser. */
export async function whoAmI(): Promise<void> {
  const who = await get<{ name: string | null; roles: string[] }>("/session");
  person.value = who.name === null ? null : { name: who.name, roles: who.roles };
}

export async function logout(): Promise<void> {
  try {
    await post("/logout");
  } catch (failure) {
    if (!(failure instanceof Problem)) {
      throw failure;
    }
  }
  location.assign("/");
}

export type Theme = "auto" | "light" | "dark";
const kept = localStorage.getItem("theme");
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "auto");

export function setTheme(value: Theme): void {
  theme.value = value;
  localStorage.setItem("theme", value);
  showTheme();
}

export function showTheme(): void {
  if (theme.value === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme.value;
  }
}
