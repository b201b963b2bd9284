import { LinkTabs } from '../../../_components/tabs.tsx';

/** Connectors, and the sources that are made from them: two lists of one place. */
export function ConnectorTabs({ current }: { current: 'connectors' | 'sources' }) {
  return (
    <LinkTabs
      label="Connectors and sources"
      current={current}
      tabs={[
        { id: 'connectors', label: 'Connectors', href: '/connectors' },
        { id: 'sources', label: 'Sources', href: '/sources' },
      ]}
    />
  );
}
