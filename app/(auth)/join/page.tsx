import type { Metadata } from 'next';
import { JoinForm } from './join-form.tsx';

export const metadata: Metadata = { title: 'Come in' };

export default function JoinPage() {
  return (
    <main className="narrow" id="main">
      <h1>Come in</h1>
      <JoinForm />
    </main>
  );
}
