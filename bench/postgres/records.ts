/** Nested records of about 280 bytes, as an API of orders gives them. Everything follows from the number. */
export function orderText(id: number): string {
  const day = String(1 + (id % 28)).padStart(2, '0');
  const minute = String(id % 60).padStart(2, '0');
  const cents = String(id % 100).padStart(2, '0');
  return (
    `{"id":${id},"name":"Customer number ${id % 9973}","email":"customer${id % 9973}@example.com","active":${id % 3 === 0},` +
    `"amount":${id % 1000}.${cents},"updated_at":"2026-03-${day}T08:${minute}:00Z",` +
    `"address":{"street":"${id % 400} Harbour Road","city":"Bergen","zip":"${5000 + (id % 99)}"},` +
    `"items":[{"sku":"A-${id % 700}","count":${1 + (id % 5)}},{"sku":"B-${id % 300}","count":1}]}`
  );
}

/** The same fields as JSON schema. */
export const ORDER_SCHEMA = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    email: { type: 'string' },
    active: { type: 'boolean' },
    amount: { type: 'number' },
    updated_at: { type: 'string', format: 'date-time' },
    address: { type: 'object' },
    items: { type: 'array' },
  },
};

export const PAGE_SIZE = 1_000;
