/** Answers of many shapes, for the tests that draw a text in pieces and at once. */
export const TEXTS: Record<string, string> = {
  prose: `# A title with **bold** and \`code\`

When one side talks and the *other* listens. A question goes up once; the answer comes down for a minute. See
[the specification](https://html.spec.whatwg.org/multipage/server-sent-events.html "SSE") or https://example.org/a_b_c.

Setext
======

Another one
-----------

Text with ~~struck~~ words, snake_case_names, 2 * 3 * 4, a lone ** and an & and &amp; and \\*escaped\\*.
Hard  
break, and a\\
backslash one.

---

> A quote
> with two lines
lazy third

> > nested

The end`,
  lists: `Steps:

1. First
2. Second with \`code\`:
   \`\`\`bash
   npm install

   npm test
   \`\`\`
3. Third

   with a paragraph

- tight
- list
  - nested
    - deeper **bold
      over lines**
- [ ] to do
- [x] done

* other

10) ten
11) eleven

Text right after
- a list without blank line
- and more
1986\\. A year.
`,
  code: `Look:

\`\`\`rust
fn main() {
    println!("hi");
}
\`\`\`

~~~~ python title="x"
def f():
    return \`\`\`
~~~
    still code
~~~~

    indented code

    more

  \`\`\`js
  const x = 1;
    const y = 2;
\`\`\`
After.

\`\`\`
no language, never closed
**not bold**
`,
  tables: `A table:

| Name | Value | Note |
|:-----|------:|:----:|
| a | 1 | **x** |
| b \\| c | 2 | \`y|z\` |

Text | here
--- | ---
1 | 2
3 | 4

not | a table
|bare
`,
  references: `See [one][1] and [two] and [three][missing], also ![pic][1] and a note[^1] and [^named] and [^none] and [^a-z].

[1]: https://one.example/ "One"

Later [late] reference and [one][1] again.

[^1]: The note, with **bold**.

    And a second paragraph.

[^named]: Another
lazy line

[two]: <https://two.example/path>
[late]: https://late.example
  'A title
over lines'

Done [late].
`,
  maths: `Inline $x^2 + y^2$ and \\(a+b\\) but it costs $5 and $6.

$$
\\int_0^1 x\\,dx = \\frac12
$$

Text before
\\[
e^{i\\pi} = -1
\\]
and after, $$x$$ too.

$$ one line $$

$$ never closed

After.
`,
  chinese: `# 为什么用 SSE

当一方在说、另一方在听的时候。**加粗**的字，*斜体*，\`代码\`。链接：https://例子.测试/路径 和 [文档](https://example.org/文档)。

- 第一项
- 第二项
  1. 子项

| 项 | 值 |
|---|---|
| 方向 | 服务器到页面 |

😀 表情 👩‍👩‍👧‍👦 与 🏴󠁧󠁢󠁥󠁮󠁧󠁿。
`,
  odd: `[unfinished](https://exa

[a]: 

*a **b *c** d*

***both*** __under__ _line_

<div>html</div>

<b>inline</b> <https://auto.example> <me@example.org> www.example.org

\`\`unclosed \` code

[x]:
  /url
  "title"

[x] and [y

# Heading **unclosed

- a

- b
 - c
  - d
   - e
    - f

+ one

  two
`,
  crlf: 'Line one\r\nline two\r\n\r\n- a\r\n- b\r\n\r\n```js\r\nx\r\n```\r\nold\rmac\r\rend \0 nul',
};
