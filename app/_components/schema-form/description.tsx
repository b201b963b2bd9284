import type { ReactNode } from 'react';

/** A schema's description. Airbyte's hold HTML: links to the web stay links, every other tag is dropped. */
export function Description({ text, example }: { text: string | undefined; example: string | null }): ReactNode {
  if (!text && !example) return null;
  return (
    <>
      {text && withLinks(text)}
      {example && (
        <>
          {text && ' '}For example <code>{example}</code>.
        </>
      )}
    </>
  );
}

const LINK = /<a\s[^>]*href\s*=\s*["']?(https?:\/\/[^"'\s>]+)["']?[^>]*>(.*?)<\/a>/gis;

function withLinks(text: string): ReactNode[] {
  const parts = text.split(LINK);
  const nodes: ReactNode[] = [];
  for (let index = 0; index < parts.length; index += 3) {
    nodes.push(plain(parts[index] ?? ''));
    const [href, words] = [parts[index + 1], parts[index + 2]];
    if (href) {
      nodes.push(
        <a key={index} className="link" href={href} target="_blank" rel="noreferrer">
          {plain(words ?? href)}
        </a>,
      );
    }
  }
  return nodes;
}

function plain(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
}
