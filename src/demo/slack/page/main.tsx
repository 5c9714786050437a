/// <reference lib="dom" />
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Client } from './client.tsx';

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Client />
    </StrictMode>,
  );
}
