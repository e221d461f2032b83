import { speakerName, type Message } from "omilink";

import { clockTime } from "../words";

/** A pause this long starts a new group, with its own name and time. */
const GROUP_PAUSE = 120_000;
const VOICES = 8;

export function spokenAt({ spokenAt, createdAt }: Message): string {
  return spokenAt ?? createdAt;
}

/** Whether a message goes on where the one before it ended: same speaker, no long pause. */
export function follows(before: Message | undefined, message: Message): boolean {
  if (!before || speakerName(before) !== speakerName(message)) return false;
  return Date.parse(spokenAt(message)) - Date.parse(spokenAt(before)) < GROUP_PAUSE;
}

/** Whether both were said in the same minute, whose time stands at the first of them only. */
export function isSameMinute(before: Message | undefined, message: Message): boolean {
  return before !== undefined && clockTime(spokenAt(before)) === clockTime(spokenAt(message));
}

/** The number of a speaker's colour: the same speaker has the same one, whatever the name. */
export function voiceOf(name: string): number {
  const number = Number(/\d+$/.exec(name)?.[0] ?? NaN);
  const place = Number.isNaN(number) ? [...name].reduce((sum, letter) => sum + letter.codePointAt(0)!, 0) : number;
  return place % VOICES;
}

/** What stands for a speaker in a small circle. */
export function initialOf(name: string): string {
  return /\d+$/.exec(name)?.[0] ?? name.slice(0, 1);
}
