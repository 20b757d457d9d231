import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

/** Wraps long lines and sets a small font, so that an example fits beside its response. GraphiQL has no property for it. */
export function EditorDefaults() {
  const editors = useGraphiQL(({ queryEditor, variableEditor, headerEditor, responseEditor }) => ({
    queryEditor,
    variableEditor,
    headerEditor,
    responseEditor,
  }));
  useEffect(() => {
    for (const editor of Object.values(editors)) editor?.updateOptions({ fontSize: 13, wordWrap: 'on' });
  }, [editors]);
  return null;
}
