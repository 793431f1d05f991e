import { describe, expect, it } from 'vitest';
import { places, ranges } from './find';

describe('find in a conversation', () => {
  it('counts every place, in the order they stand', () => {
    const messages = [
      { id: 'a', text: 'A heron. Another HERON.' },
      { id: 'b', text: 'None.' },
      { id: 'c', text: '苍鹭 heron' },
    ];
    expect(places(messages, 'heron')).toEqual([
      { message: 'a', nth: 0 },
      { message: 'a', nth: 1 },
      { message: 'c', nth: 0 },
    ]);
    expect(places(messages, '鹭')).toEqual([{ message: 'c', nth: 0 }]);
    expect(places(messages, ' ')).toEqual([]);
  });

  it('marks words over the borders of elements', () => {
    const root = document.createElement('div');
    root.append('one ');
    const strong = document.createElement('strong');
    strong.append('riv');
    root.append(strong, 'er and River');
    const found = ranges(root, 'river');
    expect(found.map(String)).toEqual(['river', 'River']);
    expect(ranges(root, 'one r').map(String)).toEqual(['one r']);
    expect(ranges(root, 'sea')).toEqual([]);
  });
});
