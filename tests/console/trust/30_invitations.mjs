// Invitations by two: one invites, another says yes, before or after somebody came; or nobody is let in.
import { act, accessible, need, shot } from "../browser.mjs";
import { at, FIRST, leave, panel, SECOND } from "./people.mjs";
import { tokens } from "./10_looks.mjs";

const asked = (page, name) => page.getByRole("region", { name });
const listed = async (code) => JSON.parse((await act("run", "540000", "--json", "invite", "--list", { user: FIRST })).out).rows.find(({ division }) => division === code);

export const steps = {
  "who invited takes it back and does not agree himself; another agrees, and the division comes": async () => {
    const first = await at("/ops/join"), second = await at("/ops/links", SECOND);
    const own = asked(first, "山南市 540500");
    await own.getByText(FIRST).waitFor();
    need(await own.getByRole("button", { name: "同意准入" }).count() === 0, "who invited may agree to it himself");
    await act("begin_join", "540500", tokens["540500"]);
    await asked(second, "山南市 540500").getByRole("listitem").first().waitFor();
    need((await listed("540500")).state === "waiting", "somebody was let in by one person");
    await accessible(second, "an invitation for two");
    await asked(second, "山南市 540500").getByRole("button", { name: "八组都相同，准入" }).click();
    const joined = await act("end_join", "540500");
    need(joined.code === 0, `it did not come in: ${joined.err}`);
    await asked(first, "山南市 540500").waitFor({ state: "detached" });
    need((await listed("540500")).accepted_by === SECOND, JSON.stringify(await listed("540500")));
    await leave(first, second);
  },

  "who waits with a held invitation is compared group by group by the second admin": async () => {
    const second = await at("/ops/join", SECOND);
    const asking = asked(second, "那曲市 540600");
    const groups = await asking.getByRole("listitem").allTextContents();
    need(groups.length === 8 && groups.every((group) => /^[0-9A-F]{4}$/.test(group)), `no eight groups: ${groups}`);
    await shot(second, "trust-compared");
    await asking.getByRole("button", { name: "八组都相同，准入" }).click();
    const joined = await act("end_join", "540600");
    need(joined.code === 0 && joined.err.includes(groups.join(" ")), `the other screen: ${joined.code} ${joined.err}`);
    await leave(second);
  },

  "an invitation that is taken back lets nobody in": async () => {
    const first = await at("/ops/join");
    await asked(first, "阿里地区 540700").getByRole("button", { name: "撤回" }).click();
    await asked(first, "阿里地区 540700").waitFor({ state: "detached" });
    await act("begin_join", "540700", tokens["540700"]);
    const refused = await act("end_join", "540700");
    need(refused.code === 1, `a token that was taken back: ${refused.code} ${refused.err}`);
    await panel(first, "被拒绝的入网与连接").getByRole("row", { name: /540700|阿里地区/ }).waitFor();
    await leave(first);
  },
};
