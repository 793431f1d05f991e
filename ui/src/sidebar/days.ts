import type { Conversation } from '../protocol/generated';

export type Day = 'pinned' | 'today' | 'yesterday' | 'this_week' | 'older';

/** The list cut into pinned ones and days, as the calendar here has it. */
export function byDay(list: readonly Conversation[], now: number): [Day, Conversation[]][] {
  const today = new Date(now).setHours(0, 0, 0, 0);
  const groups = new Map<Day, Conversation[]>();
  for (const conversation of list) {
    const day = conversation.pinned ? 'pinned' : dayOf(conversation.updated_at, today);
    const group = groups.get(day);
    if (group) group.push(conversation);
    else groups.set(day, [conversation]);
  }
  return [...groups];
}

function dayOf(at: number, today: number): Day {
  if (at >= today) return 'today';
  if (at >= daysBefore(today, 1)) return 'yesterday';
  return at >= daysBefore(today, 6) ? 'this_week' : 'older';
}

/** By the calendar: a day of a clock change is not 24 hours long. */
function daysBefore(today: number, days: number): number {
  const date = new Date(today);
  return date.setDate(date.getDate() - days);
}
